// From sums to int8 outputs in four or five instructions, equal bit for bit to requantize.h.
#pragma once

#include <stdint.h>

#include "kernels/common/fixed_point.h"
#include "kernels/common/simd.h"

namespace profiler::kernels {

// One output channel's step from the sum of weight * input to the output.
//
// P::kShortRequantize promises, for every channel of the layer: -31 <= shift <= -2 and |bias + sum| < 2^30. Then
// * the first rounding is SMMULR of the doubled accumulator: (2 * a * m + 2^31) >> 32 == (a * m + 2^30) >> 31;
// * the second, halves away from zero, is (x + (x >> 31) + 2^(n - 1)) >> n for n = -shift, where everything but x >> 31
//   is SMMULR with 2^(32 - n), and SMMLAR adds the zero point;
// * x >> 31 only changes negative results, which does not show when outputs below the zero point are clamped (ReLU).
// Without the promise it is the arithmetic of fixed_point.h.
template <typename P>
class Requantizer {
 public:
  // int32_t values of one channel.
  static constexpr int32_t kRecord = P::kUniformScale ? 1 : 3;

  // record: with kShortRequantize 2 * bias, multiplier, 2^(32 + shift); otherwise bias, multiplier, shift. Where all
  // channels have the same scale (kUniformScale) only the first, and the other two are kMultiplier and kShift.
  explicit Requantizer(const int32_t* record)
      : bias_(record[0]),
        multiplier_(P::kUniformScale ? P::kMultiplier : record[P::kUniformScale ? 0 : 1]),
        shift_(P::kUniformScale ? P::kShift : record[P::kUniformScale ? 0 : 2]) {}

  // The output for a sum that was accumulated multiplied by 2^kScale.
  template <int kScale = 0>
  int8_t output(int32_t sum) const {
    if constexpr (P::kShortRequantize) {
      return output_of(add_doubled<kScale>(sum));
    } else {
      return output_of(static_cast<int32_t>(static_cast<uint32_t>(bias_) + (sum >> kScale)));
    }
  }

  // Writes the outputs for four such sums, kApart bytes apart. The sums are of no use afterwards.
  template <int kScale, int kApart>
  void write_four(int32_t (&sums)[4], int8_t* output) const {
    if constexpr (P::kShortRequantize && kWholeRange && 3 * kApart < 4096) {
      write_four_short<kScale, kApart>(sums, output);
    } else {
      write_four_singly<kScale, kApart>(sums, output);
    }
  }

  // The output for a sum that was started with `bias` and whose weights were multiplied by kWeightScale.
  int8_t output_of(int32_t sum) const {
    if constexpr (P::kShortRequantize) {
      const int32_t result = scale_round_and_offset(sum);
      return static_cast<int8_t>(kWholeRange ? simd::ssat8(result) : clamp(result, P::kOutputMin, P::kOutputMax));
    } else {
      const int32_t scaled = multiply_by_quantized_multiplier(sum, multiplier_, shift_);
      return static_cast<int8_t>(clamp(scaled + P::kOutputZeroPoint, P::kOutputMin, P::kOutputMax));
    }
  }

  static constexpr int32_t kWeightScale = P::kShortRequantize ? 2 : 1;
  static constexpr bool kNegativesAreClamped = P::kOutputMin >= P::kOutputZeroPoint;
  int32_t bias() const { return bias_; }
  int32_t multiplier() const { return multiplier_; }
  int32_t shift() const { return shift_; }

 private:
  static constexpr bool kWholeRange = P::kOutputMin == -128 && P::kOutputMax == 127;

  // Volatile here keeps compilers from interleaving several outputs, which takes more registers than there are.
#if PROFILER_HAS_DSP
  template <int kScale>
  int32_t add_doubled(int32_t sum) const {
    int32_t result;
    if constexpr (kScale == 0) {
      asm volatile("add %0, %1, %2, lsl #1" : "=r"(result) : "r"(bias_), "r"(sum));
    } else {
      asm volatile("add %0, %1, %2, asr %3" : "=r"(result) : "r"(bias_), "r"(sum), "i"(kScale - 1));
    }
    return result;
  }

  int32_t scale_round_and_offset(int32_t doubled) const {
    if constexpr (kNegativesAreClamped) {
      asm volatile("smmulr %0, %0, %1\n\tsmmlar %0, %0, %2, %3"
                   : "+&r"(doubled)
                   : "r"(multiplier_), "r"(shift_), "r"(P::kOutputZeroPoint));
    } else {
      asm volatile("smmulr %0, %0, %1\n\tadd %0, %0, %0, asr #31\n\tsmmlar %0, %0, %2, %3"
                   : "+&r"(doubled)
                   : "r"(multiplier_), "r"(shift_), "r"(P::kOutputZeroPoint));
    }
    return doubled;
  }
#else
  template <int kScale>
  int32_t add_doubled(int32_t sum) const {
    return bias_ + (kScale == 0 ? 2 * sum : sum >> (kScale > 0 ? kScale - 1 : 0));
  }

  int32_t scale_round_and_offset(int32_t doubled) const {
    const int32_t scaled = simd::smmulr(doubled, multiplier_);
    return P::kOutputZeroPoint + simd::smmulr(kNegativesAreClamped ? scaled : scaled + (scaled >> 31), shift_);
  }
#endif

#if PROFILER_HAS_DSP_LOOPS
  // One piece of assembly: around single instructions compilers move registers about.
  template <int kScale, int kApart>
  void write_four_short(int32_t (&sums)[4], int8_t* output) const {
    asm volatile(
        ".irp sum, %[s0], %[s1], %[s2], %[s3]\n\t"
        ".if %c[scale]\n\t"
        "add \\sum, %[bias], \\sum, asr #%c[scale] - 1\n\t"
        ".else\n\t"
        "add \\sum, %[bias], \\sum, lsl #1\n\t"
        ".endif\n\t"
        "smmulr \\sum, \\sum, %[multiplier]\n\t"
        ".if !%c[clamped]\n\t"
        "add \\sum, \\sum, \\sum, asr #31\n\t"
        ".endif\n\t"
        "smmlar \\sum, \\sum, %[shift], %[zero]\n\t"
        "ssat \\sum, #8, \\sum\n\t"
        ".endr\n\t"
        "strb.w %[s0], [%[output]]\n\t"
        "strb.w %[s1], [%[output], #%c[apart]]\n\t"
        "strb.w %[s2], [%[output], #2 * %c[apart]]\n\t"
        "strb.w %[s3], [%[output], #3 * %c[apart]]"
        : [s0] "+&r"(sums[0]), [s1] "+&r"(sums[1]), [s2] "+&r"(sums[2]), [s3] "+&r"(sums[3])
        : [bias] "r"(bias_), [multiplier] "r"(multiplier_), [shift] "r"(shift_), [zero] "r"(P::kOutputZeroPoint),
          [output] "r"(output), [apart] "i"(kApart), [scale] "i"(kScale), [clamped] "i"(kNegativesAreClamped ? 1 : 0)
        : "memory");
  }
#else
  template <int kScale, int kApart>
  void write_four_short(int32_t (&sums)[4], int8_t* output) const {
    write_four_singly<kScale, kApart>(sums, output);
  }
#endif

  template <int kScale, int kApart>
  void write_four_singly(const int32_t (&sums)[4], int8_t* output) const {
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      output[i * kApart] = this->output<kScale>(sums[i]);
    }
  }

  int32_t bias_;
  int32_t multiplier_;
  int32_t shift_;
};

}  // namespace profiler::kernels
