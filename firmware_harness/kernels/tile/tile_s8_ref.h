// TILE, int8, for every core.
#pragma once

#include <stdint.h>

#include "kernels/common/gather.h"

namespace profiler::kernels {

template <typename P>
inline void tile_s8_ref(const int8_t* input, int8_t* output) {
  gather<P>(input, output);
}

}  // namespace profiler::kernels
