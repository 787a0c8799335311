// RELU6, int16, for every core: clamps to what 0 and 6 are on the input's scale, as TFLM does. Safe in place.
#pragma once

#include <stdint.h>

#include "kernels/common/fixed_point.h"

namespace profiler::kernels {

template <typename P>
inline void relu6_s16_ref(const int16_t* input, int16_t* output) {
  for (int32_t i = 0; i < P::kCount; ++i) {
    output[i] = static_cast<int16_t>(clamp(input[i], P::kOutputMin, P::kOutputMax));
  }
}

}  // namespace profiler::kernels
