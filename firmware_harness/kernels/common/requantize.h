// From an int32 accumulator to an int8 output: the last step of convolutions and fully connected layers.
#pragma once

#include <stdint.h>

#include "kernels/common/fixed_point.h"

namespace profiler::kernels {

// Scales the accumulator, adds the output zero point and clamps to the fused activation.
// P: kOutputZeroPoint, kOutputMin, kOutputMax, kAllShiftsRight (every shift of the layer is below zero).
template <typename P>
inline int8_t requantize_s8(int32_t accumulator, int32_t multiplier, int32_t shift) {
  int32_t scaled;
  if constexpr (P::kAllShiftsRight) {
    scaled = rounding_shift_right(rounding_doubling_high_mul(accumulator, multiplier), -shift);
  } else {
    scaled = multiply_by_quantized_multiplier(accumulator, multiplier, shift);
  }
  return static_cast<int8_t>(clamp(scaled + P::kOutputZeroPoint, P::kOutputMin, P::kOutputMax));
}

}  // namespace profiler::kernels
