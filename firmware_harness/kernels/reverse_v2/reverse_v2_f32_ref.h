// REVERSE_V2, float32, for every core.
#pragma once

#include <stdint.h>

#include "kernels/common/gather.h"

namespace profiler::kernels {

template <typename P>
inline void reverse_v2_f32_ref(const float* input, float* output) {
  gather<P>(input, output);
}

}  // namespace profiler::kernels
