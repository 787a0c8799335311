// MAXIMUM, float32, for every core, with broadcasting. Safe in place.
#pragma once

#include <stdint.h>

#include "kernels/common/extreme.h"

namespace profiler::kernels {

template <typename P>
inline void maximum_f32_ref(const float* a, const float* b, float* output) {
  maximum<P>(a, b, output);
}

}  // namespace profiler::kernels
