// REVERSE_V2, int8, for every core.
#pragma once

#include <stdint.h>

#include "kernels/common/gather.h"

namespace profiler::kernels {

template <typename P>
inline void reverse_v2_s8_ref(const int8_t* input, int8_t* output) {
  gather<P>(input, output);
}

}  // namespace profiler::kernels
