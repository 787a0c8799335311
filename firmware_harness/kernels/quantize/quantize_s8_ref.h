// QUANTIZE from int8 to int8 with other parameters, for every core. Safe in place.
#pragma once

#include <stdint.h>

#include "kernels/common/fixed_point.h"

namespace profiler::kernels {

template <typename P>
inline void quantize_s8_ref(const int8_t* input, int8_t* output) {
  for (int32_t i = 0; i < P::kCount; ++i) {
    int32_t value = input[i] - P::kInputZeroPoint;
    if constexpr (!P::kSameScale) {
      value = multiply_by_quantized_multiplier(value, P::kMultiplier, P::kShift);
    }
    output[i] = static_cast<int8_t>(clamp(value + P::kOutputZeroPoint, INT8_MIN, INT8_MAX));
  }
}

}  // namespace profiler::kernels
