// From sums to int8 outputs in six or seven instructions, equal bit for bit to requantize.h.
#pragma once

#include <stdint.h>

#include "kernels/common/fixed_point.h"
#include "kernels/common/simd.h"

namespace profiler::kernels {

// One output channel's step from the sum of weight * input to the output.
//
// P::kShortRequantize promises, for every channel of the layer: -22 <= shift < 0 and |bias + sum| < 2^30. Then
// * the first rounding is SMMULR of the doubled accumulator: (2 * a * m + 2^31) >> 32 == (a * m + 2^30) >> 31;
// * the second, halves away from zero, is (x + (x >> 31) + 2^(n - 1)) >> n for n = -shift, and the output zero point
//   can be added before that shift, as z * 2^n;
// * x >> 31 only changes negative results, which does not show when outputs below the zero point are clamped (ReLU).
// Without the promise it is the arithmetic of fixed_point.h.
template <typename P>
class Requantizer {
 public:
  // int32_t values of one channel.
  static constexpr int32_t kRecord = P::kUniformScale ? 1 : 3;

  // record: with kShortRequantize 2 * bias, multiplier, -shift - 1; otherwise bias, multiplier, shift. Where all
  // channels have the same scale (kUniformScale) only the first, and the other two are kMultiplier and kShift.
  explicit Requantizer(const int32_t* record)
      : bias_(record[0]),
        multiplier_(P::kUniformScale ? P::kMultiplier : record[P::kUniformScale ? 0 : 1]),
        shift_(P::kUniformScale ? P::kShift : record[P::kUniformScale ? 0 : 2]) {
    if constexpr (P::kShortRequantize) {
      rounding_ = (2 * P::kOutputZeroPoint + 1) * (int32_t{1} << shift_);
    }
  }

  // The output for a sum that was accumulated multiplied by 2^kScale.
  template <int kScale = 0>
  int8_t output(int32_t sum) const {
    if constexpr (P::kShortRequantize) {
      const int32_t result = scale_and_round<kScale>(sum);
      return static_cast<int8_t>(kWholeRange ? result : clamp(result, P::kOutputMin, P::kOutputMax));
    } else {
      const int32_t accumulator = static_cast<int32_t>(static_cast<uint32_t>(bias_) + (sum >> kScale));
      const int32_t scaled = multiply_by_quantized_multiplier(accumulator, multiplier_, shift_);
      return static_cast<int8_t>(clamp(scaled + P::kOutputZeroPoint, P::kOutputMin, P::kOutputMax));
    }
  }

 private:
  static constexpr bool kWholeRange = P::kOutputMin == -128 && P::kOutputMax == 127;
  static constexpr bool kNegativesAreClamped = P::kOutputMin >= P::kOutputZeroPoint;

#if PROFILER_HAS_DSP
  // The same as below as one piece of assembly: taken apart, the compiler interleaves several outputs and spills.
  template <int kScale>
  int32_t scale_and_round(int32_t sum) const {
    int32_t result;
    if constexpr (kScale == 0) {
      asm volatile("add %0, %1, %2, lsl #1" : "=r"(result) : "r"(bias_), "r"(sum));
    } else {
      asm volatile("add %0, %1, %2, asr %3" : "=r"(result) : "r"(bias_), "r"(sum), "i"(kScale - 1));
    }
#define PROFILER_SCALE "smmulr %0, %0, %1\n\t"
#define PROFILER_AWAY "add %0, %0, %0, asr #31\n\t"
#define PROFILER_SHIFT "add %0, %0, %2\n\tasr %0, %0, %3\n\t"
#define PROFILER_ROUND(TEXT) asm volatile(TEXT : "+r"(result) : "r"(multiplier_), "r"(rounding_), "r"(shift_))
    if constexpr (kWholeRange && kNegativesAreClamped) {
      PROFILER_ROUND(PROFILER_SCALE PROFILER_SHIFT "ssat %0, #8, %0, asr #1");
    } else if constexpr (kWholeRange) {
      PROFILER_ROUND(PROFILER_SCALE PROFILER_AWAY PROFILER_SHIFT "ssat %0, #8, %0, asr #1");
    } else if constexpr (kNegativesAreClamped) {
      PROFILER_ROUND(PROFILER_SCALE PROFILER_SHIFT "asr %0, %0, #1");
    } else {
      PROFILER_ROUND(PROFILER_SCALE PROFILER_AWAY PROFILER_SHIFT "asr %0, %0, #1");
    }
#undef PROFILER_SCALE
#undef PROFILER_AWAY
#undef PROFILER_SHIFT
#undef PROFILER_ROUND
    return result;
  }
#else
  template <int kScale>
  int32_t scale_and_round(int32_t sum) const {
    const int32_t doubled = kScale == 0 ? 2 * sum : sum >> (kScale > 0 ? kScale - 1 : 0);
    const int32_t scaled = simd::smmulr(bias_ + doubled, multiplier_);
    const int32_t away_from_zero = kNegativesAreClamped ? scaled : scaled + (scaled >> 31);
    const int32_t twice = (away_from_zero + rounding_) >> shift_;
    return kWholeRange ? simd::ssat8_asr1(twice) : twice >> 1;
  }
#endif

  int32_t bias_;
  int32_t multiplier_;
  int32_t shift_;
  int32_t rounding_ = 0;
};

}  // namespace profiler::kernels
