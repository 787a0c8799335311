// TANH, float32, for every core. Safe in place.
#pragma once

#include <stdint.h>

#include "kernels/common/tanh_f32.h"

namespace profiler::kernels {

template <typename P>
inline void tanh_f32_ref(const float* input, float* output) {
  for (int32_t i = 0; i < P::kCount; ++i) {
    output[i] = tanh_f32(input[i]);
  }
}

}  // namespace profiler::kernels
