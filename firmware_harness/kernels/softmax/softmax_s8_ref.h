// SOFTMAX, int8, for every core. Exponentials come from a table made offline with TFLite's fixed-point exp(), so they
// cost a load each and agree bit for bit. Safe in place.
#pragma once

#include <stdint.h>

#include "kernels/common/fixed_point.h"

namespace profiler::kernels {

namespace softmax_s8_ref_parts {

// 1 / (1 + a) for a in [0, 1), both in Q0.31: three Newton-Raphson steps in Q2.29 from the usual linear estimate,
// 48/17 - 32/17 * d for d in [1/2, 1].
inline int32_t one_over_one_plus(int32_t a) {
  const int32_t half_denominator = static_cast<int32_t>((static_cast<uint32_t>(a) + 0x80000000u) >> 1);
  int32_t x = 1515870810 + rounding_doubling_high_mul(half_denominator, -1010580540);
  for (int32_t step = 0; step < 3; ++step) {
    const int32_t error = (1 << 29) - rounding_doubling_high_mul(half_denominator, x);
    x += rounding_doubling_high_mul(x, error) * 4;
  }
  return x > 0x3fffffff ? INT32_MAX : x * 2;  // half of x, from Q2.29 to Q0.31
}

}  // namespace softmax_s8_ref_parts

// exponentials[d]: exp(-d * input scale * beta) in Q0.31 for d below kTableSize; beyond, it rounds to nothing.
// P: kRows, kDepth, kTableSize.
template <typename P>
inline void softmax_s8_ref(const int8_t* input, const int32_t* exponentials, int8_t* output) {
  constexpr int32_t kSumIntegerBits = 12;
  for (int32_t row = 0; row < P::kRows; ++row, input += P::kDepth, output += P::kDepth) {
    int32_t highest = INT8_MIN;
    for (int32_t c = 0; c < P::kDepth; ++c) {
      highest = highest < input[c] ? input[c] : highest;
    }
    uint32_t sum = 0;  // Q12.19
    for (int32_t c = 0; c < P::kDepth; ++c) {
      const int32_t difference = highest - input[c];
      if (difference < P::kTableSize) {
        sum += (static_cast<uint32_t>(exponentials[difference]) + (1u << (kSumIntegerBits - 1))) >> kSumIntegerBits;
      }
    }
    const int32_t headroom = __builtin_clz(sum);
    const int32_t scale =
        softmax_s8_ref_parts::one_over_one_plus(static_cast<int32_t>((sum << headroom) - 0x80000000u));
    // From a sum of 512 on no probability exceeds half a step, and 32 is as far as the shift is defined.
    const int32_t exponent = headroom < 3 ? 32 : kSumIntegerBits - headroom + 31 - 8;
    for (int32_t c = 0; c < P::kDepth; ++c) {
      const int32_t difference = highest - input[c];
      int32_t probability = 0;
      if (difference < P::kTableSize) {
        probability = rounding_shift_right(rounding_doubling_high_mul(scale, exponentials[difference]), exponent);
      }
      output[c] = static_cast<int8_t>(clamp(probability + INT8_MIN, INT8_MIN, INT8_MAX));
    }
  }
}

}  // namespace profiler::kernels
