// QUANTIZE from float32 to int16, for every core. Safe in place.
#pragma once

#include <stdint.h>

#include "kernels/quantize/quantize_reals.h"

namespace profiler::kernels {

template <typename P>
inline void quantize_f32_to_s16_ref(const float* input, int16_t* output) {
  quantize_reals<P>(input, output);
}

}  // namespace profiler::kernels
