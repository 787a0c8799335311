// AVERAGE_POOL_2D, int16, for every core.
#pragma once

#include <stdint.h>

#include "kernels/average_pool_2d/average_pool_2d_quantized.h"

namespace profiler::kernels {

template <typename P>
inline void average_pool_2d_s16_ref(const int16_t* input, int16_t* output) {
  average_pool_2d_quantized<P>(input, output);
}

}  // namespace profiler::kernels
