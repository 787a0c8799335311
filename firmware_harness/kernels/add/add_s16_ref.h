// ADD, int16, for every core, with broadcasting. Safe in place.
#pragma once

#include <stdint.h>

#include "kernels/common/sum_quantized.h"

namespace profiler::kernels {

template <typename P>
inline void add_s16_ref(const int16_t* a, const int16_t* b, int16_t* output) {
  sum_quantized<P, 1>(a, b, output);
}

}  // namespace profiler::kernels
