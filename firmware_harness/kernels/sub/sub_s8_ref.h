// SUB, int8, for every core, with broadcasting. Safe in place.
#pragma once

#include <stdint.h>

#include "kernels/common/sum_quantized.h"

namespace profiler::kernels {

template <typename P>
inline void sub_s8_ref(const int8_t* a, const int8_t* b, int8_t* output) {
  sum_quantized<P, -1>(a, b, output);
}

}  // namespace profiler::kernels
