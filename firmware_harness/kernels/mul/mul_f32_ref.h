// MUL, float32, for every core, with broadcasting. Safe in place: each output is written after its operands are read.
#pragma once

#include <stdint.h>

#include "kernels/common/broadcast.h"
#include "kernels/common/clamp_f32.h"

namespace profiler::kernels {

template <typename P>
inline void mul_f32_ref(const float* a, const float* b, float* output) {
  for_each_pair<P>([=](int32_t out, int32_t at_a, int32_t at_b) { output[out] = clamp_f32<P>(a[at_a] * b[at_b]); });
}

}  // namespace profiler::kernels
