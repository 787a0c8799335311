// LOGISTIC, float32, for every core: 1 / (1 + e^-x), and e^x alone where it is so small that 1 + e^-x rounds it away.
// The bounds are TFLite's. Safe in place. NaN stays NaN.
#pragma once

#include <stdint.h>

#include "kernels/common/exp_f32.h"

namespace profiler::kernels {

template <typename P>
inline void logistic_f32_ref(const float* input, float* output) {
  for (int32_t i = 0; i < P::kCount; ++i) {
    const float x = input[i];
    if (x > 16.619047164916992188f) {
      output[i] = 1.0f;
    } else if (x < -9.0f) {
      output[i] = exp_f32(x);
    } else {
      output[i] = 1.0f / (1.0f + exp_f32(-x));
    }
  }
}

}  // namespace profiler::kernels
