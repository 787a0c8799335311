// MINIMUM, int8, for every core, with broadcasting. Safe in place.
#pragma once

#include <stdint.h>

#include "kernels/common/extreme.h"

namespace profiler::kernels {

template <typename P>
inline void minimum_s8_ref(const int8_t* a, const int8_t* b, int8_t* output) {
  minimum<P>(a, b, output);
}

}  // namespace profiler::kernels
