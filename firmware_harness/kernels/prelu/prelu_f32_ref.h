// PRELU, float32, for every core, with broadcasting. Safe in place: each output is written after its operands are read.
#pragma once

#include <stdint.h>

#include "kernels/common/broadcast.h"

namespace profiler::kernels {

template <typename P>
inline void prelu_f32_ref(const float* input, const float* alphas, float* output) {
  for_each_pair<P>([=](int32_t out, int32_t at_input, int32_t at_alpha) {
    const float x = input[at_input];
    output[out] = x >= 0.0f ? x : x * alphas[at_alpha];
  });
}

}  // namespace profiler::kernels
