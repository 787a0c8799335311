// RELU, float32, for every core. Safe in place. NaN stays NaN, as in TFLite.
#pragma once

#include <stdint.h>

namespace profiler::kernels {

template <typename P>
inline void relu_f32_ref(const float* input, float* output) {
  for (int32_t i = 0; i < P::kCount; ++i) {
    output[i] = input[i] < 0.0f ? 0.0f : input[i];
  }
}

}  // namespace profiler::kernels
