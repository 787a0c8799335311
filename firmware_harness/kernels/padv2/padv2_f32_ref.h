// PADV2, float32, for every core.
#pragma once

#include <stdint.h>

#include "kernels/common/pad.h"

namespace profiler::kernels {

template <typename P>
inline void padv2_f32_ref(const float* input, float* output) {
  pad_any<P, float>(input, output, P::kValue);
}

}  // namespace profiler::kernels
