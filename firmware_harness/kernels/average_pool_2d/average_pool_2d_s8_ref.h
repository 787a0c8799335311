// AVERAGE_POOL_2D, int8, for every core.
#pragma once

#include <stdint.h>

#include "kernels/average_pool_2d/average_pool_2d_quantized.h"

namespace profiler::kernels {

template <typename P>
inline void average_pool_2d_s8_ref(const int8_t* input, int8_t* output) {
  average_pool_2d_quantized<P>(input, output);
}

}  // namespace profiler::kernels
