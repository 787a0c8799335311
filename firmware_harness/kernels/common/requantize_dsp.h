// From sums to int8 outputs in six or seven instructions, equal bit for bit to requantize.h.
#pragma once

#include <stdint.h>

#include "kernels/common/fixed_point.h"
#include "kernels/common/simd.h"

namespace profiler::kernels {

// One output channel's step from the sum of weight * input to the output.
//
// P::kShortRequantize promises, for every channel of the layer: shift < 0, |bias + sum| < 2^30 and shift >= -22. Then
// * the first rounding is SMMULR of the doubled accumulator: (2 * a * m + 2^31) >> 32 == (a * m + 2^30) >> 31;
// * the second, halves away from zero, is (x + (x >> 31) + 2^(n - 1)) >> n for n = -shift, and the output zero point
//   can be added before that shift, as z * 2^n;
// * x >> 31 only changes negative results, which does not show when outputs below the zero point are clamped (ReLU).
// Without the promise it is the arithmetic of fixed_point.h.
template <typename P>
class Requantizer {
 public:
  // record: folded bias, multiplier, and -shift - 1 (with kShortRequantize) or shift.
  explicit Requantizer(const int32_t* record) : multiplier_(record[1]), shift_(record[2]) {
    if constexpr (P::kShortRequantize) {
      bias_ = 2 * record[0];
      rounding_ = (2 * P::kOutputZeroPoint + 1) * (int32_t{1} << shift_);
    } else {
      bias_ = record[0];
    }
  }

  // The output for a sum that was accumulated multiplied by 2^kScale.
  template <int kScale = 0>
  int8_t output(int32_t sum) const {
    if constexpr (P::kShortRequantize) {
      const int32_t scaled = simd::smmulr(bias_ + doubled<kScale>(sum), multiplier_);
      constexpr bool kNegativesAreClamped = P::kOutputMin >= P::kOutputZeroPoint;
      const int32_t away_from_zero = kNegativesAreClamped ? scaled : scaled + (scaled >> 31);
      const int32_t twice = (away_from_zero + rounding_) >> shift_;
      if constexpr (P::kOutputMin == -128 && P::kOutputMax == 127) {
        return static_cast<int8_t>(simd::ssat8_asr1(twice));
      } else {
        return static_cast<int8_t>(clamp(twice >> 1, P::kOutputMin, P::kOutputMax));
      }
    } else {
      const int32_t accumulator = static_cast<int32_t>(static_cast<uint32_t>(bias_) + (sum >> kScale));
      const int32_t scaled = multiply_by_quantized_multiplier(accumulator, multiplier_, shift_);
      return static_cast<int8_t>(clamp(scaled + P::kOutputZeroPoint, P::kOutputMin, P::kOutputMax));
    }
  }

 private:
  template <int kScale>
  static int32_t doubled(int32_t sum) {
    if constexpr (kScale == 0) {
      return 2 * sum;
    } else {
      return sum >> (kScale - 1);
    }
  }

  int32_t multiplier_;
  int32_t shift_;
  int32_t bias_;      // doubled with kShortRequantize
  int32_t rounding_ = 0;
};

}  // namespace profiler::kernels
