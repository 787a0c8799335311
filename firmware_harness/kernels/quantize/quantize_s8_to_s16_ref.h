// QUANTIZE from int8 to int16, for every core.
#pragma once

#include <stdint.h>

#include "kernels/common/requantize_elements.h"

namespace profiler::kernels {

template <typename P>
inline void quantize_s8_to_s16_ref(const int8_t* input, int16_t* output) {
  requantize_elements<P>(input, output);
}

}  // namespace profiler::kernels
