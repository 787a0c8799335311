// The logistic function in float32: 1 / (1 + e^-x), and e^x alone where it is so small that 1 + e^-x rounds it away.
// The bounds are TFLite's. NaN stays NaN.
#pragma once

#include "kernels/common/exp_f32.h"

namespace profiler::kernels {

inline float logistic_f32(float x) {
  if (x > 16.619047164916992188f) {
    return 1.0f;
  }
  if (x < -9.0f) {
    return exp_f32(x);
  }
  return 1.0f / (1.0f + exp_f32(-x));
}

}  // namespace profiler::kernels
