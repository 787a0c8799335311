// MINIMUM, float32, for every core, with broadcasting. Safe in place.
#pragma once

#include <stdint.h>

#include "kernels/common/extreme.h"

namespace profiler::kernels {

template <typename P>
inline void minimum_f32_ref(const float* a, const float* b, float* output) {
  minimum<P>(a, b, output);
}

}  // namespace profiler::kernels
