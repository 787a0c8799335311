// Fixed-point arithmetic of quantized operators, bit for bit as TensorFlow Lite's default: products are rounded twice.
// profiler/codegen/fixed_point.py is the same in Python.
#pragma once

#include <stdint.h>

namespace profiler::kernels {

// rounding_doubling_high_mul out of products of 16-bit halves, for cores that multiply to 32 bits only.
inline int32_t rounding_doubling_high_mul_by_halves(int32_t a, int32_t b) {
  const int32_t a_high = a >> 16, a_low = a & 0xffff;
  const int32_t b_high = b >> 16, b_low = b & 0xffff;
  const uint32_t low = static_cast<uint32_t>(a_low) * static_cast<uint32_t>(b_low);
  const int32_t middle = a_high * b_low + static_cast<int32_t>(low >> 16);
  const int32_t other = a_low * b_high + (middle & 0xffff);
  const uint32_t high_word = static_cast<uint32_t>(a_high * b_high + (middle >> 16) + (other >> 16));
  // Bits 31 and up of the product, doubled and rounded by bit 30; both are the lower bits of `other`.
  return static_cast<int32_t>((high_word << 1) + ((static_cast<uint32_t>(other) >> 15) & 1) +
                              ((static_cast<uint32_t>(other) >> 14) & 1));
}

// High 32 bits of 2 * a * b, rounded half up. Precondition: not both are INT32_MIN (multipliers never are negative).
inline int32_t rounding_doubling_high_mul(int32_t a, int32_t b) {
#if defined(__ARM_ARCH_6M__)
  return rounding_doubling_high_mul_by_halves(a, b);
#else
  return static_cast<int32_t>((static_cast<int64_t>(a) * b + (int64_t{1} << 30)) >> 31);
#endif
}

// value / 2^exponent, halves away from zero. Precondition: exponent >= 1 and INT32_MIN < value < INT32_MAX, which
// holds for every result of rounding_doubling_high_mul with a multiplier that is not negative.
inline int32_t rounding_shift_right(int32_t value, int32_t exponent) {
  const int32_t away_from_zero = value + (value >> 31);
  return ((away_from_zero >> (exponent - 1)) + 1) >> 1;
}

// value * multiplier / 2^31 * 2^shift; multiplier >= 0, shift in [-31, 31]. The left shift wraps as a register does.
inline int32_t multiply_by_quantized_multiplier(int32_t value, int32_t multiplier, int32_t shift) {
  if (shift < 0) {
    return rounding_shift_right(rounding_doubling_high_mul(value, multiplier), -shift);
  }
  return rounding_doubling_high_mul(static_cast<int32_t>(static_cast<uint32_t>(value) << shift), multiplier);
}

inline int32_t clamp(int32_t value, int32_t low, int32_t high) {
  const int32_t at_least = value < low ? low : value;
  return at_least > high ? high : at_least;
}

}  // namespace profiler::kernels
