// PRELU of quantized values, with broadcasting: values below 0 are multiplied by an alpha of their own. Safe in place:
// each output is written after its operands are read.
#pragma once

#include <stdint.h>

#include "kernels/common/broadcast.h"
#include "kernels/common/fixed_point.h"

namespace profiler::kernels {

// P: those of for_each_pair; kZeroPointA, kZeroPointB (of the alphas); kMultiplier and kShift, of values below 0
// kMultiplierBelow and kShiftBelow; kOutputZeroPoint, kOutputMin, kOutputMax.
template <typename P, typename T>
inline void prelu_quantized(const T* input, const int8_t* alphas, T* output) {
  for_each_pair<P>([=](int32_t out, int32_t at_input, int32_t at_alpha) {
    int32_t value = input[at_input] - P::kZeroPointA;
    if (value >= 0) {
      value = multiply_by_quantized_multiplier(value, P::kMultiplier, P::kShift);
    } else {
      const int32_t product = value * (alphas[at_alpha] - P::kZeroPointB);
      value = multiply_by_quantized_multiplier(product, P::kMultiplierBelow, P::kShiftBelow);
    }
    output[out] = static_cast<T>(clamp(value + P::kOutputZeroPoint, P::kOutputMin, P::kOutputMax));
  });
}

}  // namespace profiler::kernels
