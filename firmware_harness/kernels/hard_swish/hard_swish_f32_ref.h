// HARD_SWISH, float32, for every core: x * relu6(x + 3) / 6. Safe in place.
#pragma once

#include <stdint.h>

namespace profiler::kernels {

template <typename P>
inline void hard_swish_f32_ref(const float* input, float* output) {
  for (int32_t i = 0; i < P::kCount; ++i) {
    const float x = input[i];
    const float at_least = x + 3.0f > 0.0f ? x + 3.0f : 0.0f;
    output[i] = x * (at_least < 6.0f ? at_least : 6.0f) / 6.0f;
  }
}

}  // namespace profiler::kernels
