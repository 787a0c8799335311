// RESIZE_NEAREST_NEIGHBOR, float32, for every core.
#pragma once

#include <stdint.h>

#include "kernels/common/resize.h"

namespace profiler::kernels {

template <typename P>
inline void resize_nearest_neighbor_f32_ref(const float* input, const uint16_t* rows, const uint16_t* columns,
                                            float* output) {
  resize_nearest<P>(input, rows, columns, output);
}

}  // namespace profiler::kernels
