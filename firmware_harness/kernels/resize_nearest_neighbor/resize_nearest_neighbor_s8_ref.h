// RESIZE_NEAREST_NEIGHBOR, int8, for every core.
#pragma once

#include <stdint.h>

#include "kernels/common/resize.h"

namespace profiler::kernels {

template <typename P>
inline void resize_nearest_neighbor_s8_ref(const int8_t* input, const uint16_t* rows, const uint16_t* columns,
                                           int8_t* output) {
  resize_nearest<P>(input, rows, columns, output);
}

}  // namespace profiler::kernels
