// PADV2, int16, for every core.
#pragma once

#include <stdint.h>

#include "kernels/common/pad.h"

namespace profiler::kernels {

template <typename P>
inline void padv2_s16_ref(const int16_t* input, int16_t* output) {
  pad_any<P, int16_t>(input, output, static_cast<int16_t>(P::kValue));
}

}  // namespace profiler::kernels
