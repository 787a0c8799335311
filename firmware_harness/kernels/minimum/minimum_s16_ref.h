// MINIMUM, int16, for every core, with broadcasting. Safe in place.
#pragma once

#include <stdint.h>

#include "kernels/common/extreme.h"

namespace profiler::kernels {

template <typename P>
inline void minimum_s16_ref(const int16_t* a, const int16_t* b, int16_t* output) {
  minimum<P>(a, b, output);
}

}  // namespace profiler::kernels
