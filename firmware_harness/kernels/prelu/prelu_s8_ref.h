// PRELU, int8, for every core, with broadcasting. Safe in place.
#pragma once

#include <stdint.h>

#include "kernels/common/prelu_quantized.h"

namespace profiler::kernels {

template <typename P>
inline void prelu_s8_ref(const int8_t* input, const int8_t* alphas, int8_t* output) {
  prelu_quantized<P>(input, alphas, output);
}

}  // namespace profiler::kernels
