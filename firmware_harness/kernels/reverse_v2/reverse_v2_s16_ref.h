// REVERSE_V2, int16, for every core.
#pragma once

#include <stdint.h>

#include "kernels/common/gather.h"

namespace profiler::kernels {

template <typename P>
inline void reverse_v2_s16_ref(const int16_t* input, int16_t* output) {
  gather<P>(input, output);
}

}  // namespace profiler::kernels
