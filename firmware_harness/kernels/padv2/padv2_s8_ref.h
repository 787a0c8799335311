// PADV2, int8, for every core.
#pragma once

#include <stdint.h>

#include "kernels/common/pad.h"

namespace profiler::kernels {

template <typename P>
inline void padv2_s8_ref(const int8_t* input, int8_t* output) {
  pad_any<P, int8_t>(input, output, static_cast<int8_t>(P::kValue));
}

}  // namespace profiler::kernels
