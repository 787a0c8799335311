// QUANTIZE from float32 to int8, for every core. Safe in place.
#pragma once

#include <stdint.h>

#include "kernels/quantize/quantize_reals.h"

namespace profiler::kernels {

template <typename P>
inline void quantize_f32_ref(const float* input, int8_t* output) {
  quantize_reals<P>(input, output);
}

}  // namespace profiler::kernels
