// Sum or difference of quantized values of any type, with broadcasting: ADD, SUB. Safe in place: each output is written
// after its operands are read.
#pragma once

#include <stdint.h>

#include "kernels/common/broadcast.h"
#include "kernels/common/fixed_point.h"

namespace profiler::kernels {

namespace sum_quantized_parts {

// An operand on the scale that both share: (value - zero point) * 2^kLeftShift * kMultiplier / 2^31 * 2^kShift.
template <int32_t kLeftShift, int32_t kZeroPoint, int32_t kMultiplier, int32_t kShift>
inline int32_t rescaled(int32_t value) {
  const int32_t shifted = (value - kZeroPoint) * (1 << kLeftShift);
  if constexpr (kMultiplier == 1 << 30 && kShift == 0) {  // the operand with the larger scale: exactly one half
    return shifted / 2;
  } else {
    return multiply_by_quantized_multiplier(shifted, kMultiplier, kShift);
  }
}

}  // namespace sum_quantized_parts

// a + kSign * b. P: those of for_each_pair; kLeftShift; kZeroPoint, kMultiplier and kShift of A and B;
// kOutputMultiplier, kOutputShift, kOutputZeroPoint, kOutputMin, kOutputMax.
template <typename P, int32_t kSign, typename T>
inline void sum_quantized(const T* a, const T* b, T* output) {
  using sum_quantized_parts::rescaled;
  for_each_pair<P>([=](int32_t out, int32_t at_a, int32_t at_b) {
    const int32_t sum = rescaled<P::kLeftShift, P::kZeroPointA, P::kMultiplierA, P::kShiftA>(a[at_a]) +
                        kSign * rescaled<P::kLeftShift, P::kZeroPointB, P::kMultiplierB, P::kShiftB>(b[at_b]);
    const int32_t scaled = multiply_by_quantized_multiplier(sum, P::kOutputMultiplier, P::kOutputShift);
    output[out] = static_cast<T>(clamp(scaled + P::kOutputZeroPoint, P::kOutputMin, P::kOutputMax));
  });
}

}  // namespace profiler::kernels
