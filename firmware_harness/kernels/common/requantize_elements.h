// From one quantization to another, element by element: QUANTIZE of quantized values, and RELU.
#pragma once

#include <stdint.h>

#include "kernels/common/fixed_point.h"

namespace profiler::kernels {

// P: kCount, kInputZeroPoint, kSameScale, kMultiplier, kShift, kOutputZeroPoint, kOutputMin, kOutputMax. Safe in place
// where the output's type is not the larger one.
template <typename P, typename Input, typename Output>
inline void requantize_elements(const Input* input, Output* output) {
  for (int32_t i = 0; i < P::kCount; ++i) {
    int32_t value = input[i] - P::kInputZeroPoint;
    if constexpr (!P::kSameScale) {
      value = multiply_by_quantized_multiplier(value, P::kMultiplier, P::kShift);
    }
    output[i] = static_cast<Output>(clamp(value + P::kOutputZeroPoint, P::kOutputMin, P::kOutputMax));
  }
}

}  // namespace profiler::kernels
