// RESIZE_NEAREST_NEIGHBOR, int16, for every core.
#pragma once

#include <stdint.h>

#include "kernels/common/resize.h"

namespace profiler::kernels {

template <typename P>
inline void resize_nearest_neighbor_s16_ref(const int16_t* input, const uint16_t* rows, const uint16_t* columns,
                                            int16_t* output) {
  resize_nearest<P>(input, rows, columns, output);
}

}  // namespace profiler::kernels
