// RELU, int8, for every core: requantizes and clamps. Safe in place.
#pragma once

#include <stdint.h>

#include "kernels/common/requantize_elements.h"

namespace profiler::kernels {

template <typename P>
inline void relu_s8_ref(const int8_t* input, int8_t* output) {
  requantize_elements<P>(input, output);
}

}  // namespace profiler::kernels
