// LEAKY_RELU, float32, for every core. Safe in place.
#pragma once

#include <stdint.h>

namespace profiler::kernels {

template <typename P>
inline void leaky_relu_f32_ref(const float* input, float* output) {
  for (int32_t i = 0; i < P::kCount; ++i) {
    const float x = input[i];
    output[i] = x > 0.0f ? x : x * P::kAlpha;
  }
}

}  // namespace profiler::kernels
