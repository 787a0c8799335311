// tanh in float32 without libm, to about two units in the last place. NaN stays NaN.
#pragma once

#include "kernels/common/exp_f32.h"

namespace profiler::kernels {

// The polynomial below 0.625 is that of the Cephes library's tanhf (S. Moshier).
inline float tanh_f32(float x) {
  const float magnitude = x < 0.0f ? -x : x;
  if (magnitude > 9.1f) {  // the nearest float is 1
    return x < 0.0f ? -1.0f : 1.0f;
  }
  if (magnitude >= 0.625f) {
    const float result = 1.0f - 2.0f / (exp_f32(magnitude + magnitude) + 1.0f);
    return x < 0.0f ? -result : result;
  }
  const float square = x * x;
  float p = -5.70498872745e-3f;
  p = p * square + 2.06390887954e-2f;
  p = p * square - 5.37397155531e-2f;
  p = p * square + 1.33314422036e-1f;
  p = p * square - 3.33332819422e-1f;
  return p * square * x + x;
}

}  // namespace profiler::kernels
