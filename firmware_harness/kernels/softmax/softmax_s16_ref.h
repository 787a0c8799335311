// SOFTMAX, int16, for every core: exponentials and the reciprocal of their sum from two tables that are interpolated,
// as TFLite does it. Safe in place.
#pragma once

#include <stdint.h>

#include "kernels/common/fixed_point.h"

namespace profiler::kernels {

namespace softmax_s16_ref_parts {

// Value of a table of 513 samples over the range of int16, interpolated between neighbours.
inline int32_t interpolated(int32_t position, const int16_t* table) {
  const int16_t* sample = table + 256 + (position >> 7);
  const int32_t slope = static_cast<int16_t>(sample[1] - sample[0]);
  return static_cast<int16_t>(sample[0] + ((slope * (position & 0x7f) + 64) >> 7));
}

inline int32_t saturated(int32_t value) { return clamp(value, INT16_MIN, INT16_MAX); }

}  // namespace softmax_s16_ref_parts

// exponentials: exp() over [-10, 0]; reciprocals: 1 / (1 + x) over [0, 1]; both in Q0.15.
// P: kRows, kDepth, kMultiplier, kShift (a difference of inputs to the first table's steps).
template <typename P>
inline void softmax_s16_ref(const int16_t* input, const int16_t* exponentials, const int16_t* reciprocals,
                            int16_t* output) {
  using namespace softmax_s16_ref_parts;
  for (int32_t row = 0; row < P::kRows; ++row, input += P::kDepth, output += P::kDepth) {
    int32_t highest = INT16_MIN;
    for (int32_t c = 0; c < P::kDepth; ++c) {
      highest = highest < input[c] ? input[c] : highest;
    }
    int32_t sum = 0;  // Q16.15
    for (int32_t c = 0; c < P::kDepth; ++c) {
      const int32_t steps = multiply_by_quantized_multiplier(input[c] - highest, P::kMultiplier, P::kShift);
      const int32_t exponential = interpolated(saturated(steps + INT16_MAX), exponentials);
      output[c] = static_cast<int16_t>(exponential);
      sum += exponential;
    }
    const int32_t leading_zeros = __builtin_clz(static_cast<uint32_t>(sum));
    const int64_t normalized = static_cast<int64_t>(sum) << (leading_zeros - 1);  // in [2^30, 2^31)
    const int32_t above_one = static_cast<int32_t>((normalized + (1 << 13)) >> 14) - (1 << 15) - (1 << 16);
    const int32_t reciprocal = interpolated(saturated(above_one), reciprocals);
    const int32_t right_shift = 31 - leading_zeros;
    for (int32_t c = 0; c < P::kDepth; ++c) {
      const int32_t scaled = (output[c] * reciprocal + (1 << (right_shift - 1))) >> right_shift;
      output[c] = static_cast<int16_t>(clamp(scaled, 0, INT16_MAX));
    }
  }
}

}  // namespace profiler::kernels
