// ELU, float32, for every core: e^x - 1 below 0. Safe in place. NaN stays NaN.
#pragma once

#include <stdint.h>

#include "kernels/common/exp_f32.h"

namespace profiler::kernels {

template <typename P>
inline void elu_f32_ref(const float* input, float* output) {
  for (int32_t i = 0; i < P::kCount; ++i) {
    const float x = input[i];
    if (!(x < 0.0f)) {
      output[i] = x;
    } else {
      output[i] = x > -0.34f ? exp_minus_1_near_0(x) : exp_f32(x) - 1.0f;  // near 0 the difference would cancel
    }
  }
}

}  // namespace profiler::kernels
