// LEAKY_RELU, int16, for every core: requantizes values below 0 with another multiplier. Safe in place.
#pragma once

#include <stdint.h>

#include "kernels/common/fixed_point.h"

namespace profiler::kernels {

// P: kCount; kMultiplier and kShift, of values below 0 kMultiplierBelow and kShiftBelow, negated if kNegatesBelow.
template <typename P>
inline void leaky_relu_s16_ref(const int16_t* input, int16_t* output) {
  for (int32_t i = 0; i < P::kCount; ++i) {
    int32_t value = input[i];
    if (value >= 0) {
      value = multiply_by_quantized_multiplier(value, P::kMultiplier, P::kShift);
    } else {
      value = multiply_by_quantized_multiplier(value, P::kMultiplierBelow, P::kShiftBelow);
      value = P::kNegatesBelow ? -value : value;
    }
    output[i] = static_cast<int16_t>(clamp(value, INT16_MIN, INT16_MAX));
  }
}

}  // namespace profiler::kernels
