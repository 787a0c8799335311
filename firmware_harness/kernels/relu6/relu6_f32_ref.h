// RELU6, float32, for every core. Safe in place. NaN stays NaN, as in TFLite.
#pragma once

#include <stdint.h>

namespace profiler::kernels {

template <typename P>
inline void relu6_f32_ref(const float* input, float* output) {
  for (int32_t i = 0; i < P::kCount; ++i) {
    const float value = input[i];
    output[i] = value > 6.0f ? 6.0f : value < 0.0f ? 0.0f : value;
  }
}

}  // namespace profiler::kernels
