// PRELU, int16, for every core, with broadcasting. Safe in place.
#pragma once

#include <stdint.h>

#include "kernels/common/prelu_quantized.h"

namespace profiler::kernels {

template <typename P>
inline void prelu_s16_ref(const int16_t* input, const int8_t* alphas, int16_t* output) {
  prelu_quantized<P>(input, alphas, output);
}

}  // namespace profiler::kernels
