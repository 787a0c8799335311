// The inner loops of depthwise convolutions with 3 x 3 filters: rows of outputs of one channel.
#pragma once

#include <stdint.h>

#include "kernels/common/requantize_dsp.h"
#include "kernels/common/simd.h"
#include "kernels/depthwise_conv_2d/filter_3x3_dsp.h"

namespace profiler::kernels {

// Whether rows_3x3 can do it: outputs two by two at stride 1, or one by one at even strides, with the short
// requantization, the whole range of an int8, and offsets that fit the instructions.
template <typename P>
inline constexpr bool kHasRows3x3 =
    PROFILER_HAS_DSP_LOOPS &&
    (P::kStrideWidth == 1 || P::kStrideWidth % 2 == 0) && P::kStrideWidth < 1024 && P::kStrideHeight <= 8 &&
    P::kShortRequantize&& P::kOutputMin == -128 && P::kOutputMax == 127 && P::kOutputChannels < 2048;

#if PROFILER_HAS_DSP_LOOPS

// In assembly because compilers run out of registers: six pairs of weights, two sums, two words of the plane, two
// pointers and a counter are thirteen; what else there is stays on the stack. Two outputs are 32 instructions (34
// without ReLU), 17 of them for the 18 multiply-accumulates; one is 20 (21).
#define PROFILER_TWO_OF_ROW(row)          \
  "ldrd %[pq], %[rs], [%[taps], %[at" row \
  "]]\n\t"                                \
  "smlad %[left], %[ab" row               \
  "], %[pq], %[left]\n\t"                 \
  "smlabt %[right], %[ab" row             \
  "], %[pq], %[right]\n\t"                \
  "smlatb %[left], %[bc" row              \
  "], %[rs], %[left]\n\t"                 \
  "smlad %[right], %[bc" row "], %[rs], %[right]\n\t"
#define PROFILER_ONE_OF_ROW(row)          \
  "ldrd %[pq], %[rs], [%[taps], %[at" row \
  "]]\n\t"                                \
  "smlad %[left], %[ab" row               \
  "], %[pq], %[left]\n\t"                 \
  "smlatb %[left], %[bc" row "], %[rs], %[left]\n\t"
#define PROFILER_AWAY(sum) "add %[" sum "], %[" sum "], %[" sum "], asr #31\n\t"
#define PROFILER_NOT_AWAY(sum)
#define PROFILER_LOAD_SCALE "ldrd %[pq], %[rs], %[scale]\n\t"
#define PROFILER_REQUANTIZE(sum, AWAY)                                             \
  "smmulr %[" sum "], %[" sum "], %[pq]\n\t" AWAY(sum) "smmulr %[" sum "], %[" sum \
                                                       "], %[rs]\n\t"              \
                                                       "add %[" sum "], %[" sum    \
                                                       "], %[zero_point]\n\t"      \
                                                       "ssat %[" sum "], #8, %[" sum "]\n\t"
#define PROFILER_TWO(AWAY) \
  "ldr %[left], %[bias]\n\t"                                                 \
  "mov %[right], %[left]\n\t"                                                \
  PROFILER_TWO_OF_ROW("0") PROFILER_TWO_OF_ROW("1") PROFILER_TWO_OF_ROW("2") \
  PROFILER_LOAD_SCALE                                                        \
  PROFILER_REQUANTIZE("left", AWAY)                                          \
  "strb %[left], [%[output]]\n\t"                                            \
  PROFILER_REQUANTIZE("right", AWAY)                                         \
  "strb %[right], [%[output], %[pixel]]\n\t"                                 \
  "add %[output], %[output], %[two_pixels]\n\t"                              \
  "add %[taps], %[taps], #4\n\t"
#define PROFILER_ONE(AWAY) \
  "ldr %[left], %[bias]\n\t"                                                 \
  PROFILER_ONE_OF_ROW("0") PROFILER_ONE_OF_ROW("1") PROFILER_ONE_OF_ROW("2") \
  PROFILER_LOAD_SCALE                                                        \
  PROFILER_REQUANTIZE("left", AWAY)                                          \
  "strb %[left], [%[output]]\n\t"                                            \
  "add %[output], %[output], %[pixel]\n\t"                                   \
  "add %[taps], %[taps], %[stride]\n\t"
#define PROFILER_LOOP(BODY) "mov %[left_over], %[times]\n\t2:\n\t" BODY "subs %[left_over], #1\n\tbne 2b\n\t"
#define PROFILER_ROWS(ROW)                   \
  "1:\n\t" ROW                               \
  "add %[taps], %[taps], %[to_next_row]\n\t" \
  "ldr %[left_over], %[rows]\n\t"            \
  "subs %[left_over], #1\n\t"                \
  "str %[left_over], %[rows]\n\t"            \
  "bne 1b\n\t"
#define PROFILER_RUN(TEXT)                                                                                            \
  asm volatile(                                                                                                       \
      PROFILER_ROWS(TEXT)                                                                                             \
      : [taps] "+r"(taps), [output] "+r"(output), [left] "=&r"(left), [right] "=&r"(right), [pq] "=&r"(pq),           \
        [rs] "=&r"(rs), [left_over] "=&r"(left_over), [rows] "+m"(rows)                                               \
      : [ab0] "r"(filter.ab[0]), [bc0] "r"(filter.bc[0]), [ab1] "r"(filter.ab[1]), [bc1] "r"(filter.bc[1]),           \
        [ab2] "r"(filter.ab[2]), [bc2] "r"(filter.bc[2]), [bias] "m"(channel.bias), [scale] "m"(channel.scale),       \
        [at0] "i"(0), [at1] "i"(kRowBytes), [at2] "i"(2 * kRowBytes), [zero_point] "i"(P::kOutputZeroPoint),          \
        [pixel] "i"(P::kOutputChannels), [two_pixels] "i"(2 * P::kOutputChannels), [stride] "i"(2 * P::kStrideWidth), \
        [times] "i"(kTimes), [to_next_row] "i"(P::kStrideHeight * kRowBytes - 2 * P::kStrideWidth * P::kOutputWidth)  \
      : "cc", "memory")
#define PROFILER_CASE(AWAY)                                             \
  if constexpr (P::kOutputWidth == 1) {                                 \
    PROFILER_RUN(PROFILER_ONE(AWAY));                                   \
  } else if constexpr (P::kStrideWidth != 1) {                          \
    PROFILER_RUN(PROFILER_LOOP(PROFILER_ONE(AWAY)));                    \
  } else if constexpr (P::kOutputWidth % 2 == 0) {                      \
    PROFILER_RUN(PROFILER_LOOP(PROFILER_TWO(AWAY)));                    \
  } else {                                                              \
    PROFILER_RUN(PROFILER_LOOP(PROFILER_TWO(AWAY)) PROFILER_ONE(AWAY)); \
  }

// Writes `rows` rows of outputs. taps: the plane at the first window, aligned to 4 bytes. output: the first pixel.
template <typename P, typename Filter>
__attribute__((always_inline)) inline void rows_3x3(const Filter& filter, const Requantizer<P>& requantizer,
                                                    const int16_t* taps, int32_t row_count, int8_t* output) {
  constexpr int32_t kRowBytes = 2 * P::kRowValues;
  constexpr int32_t kTimes = P::kStrideWidth == 1 ? P::kOutputWidth / 2 : P::kOutputWidth;
  struct Scale {
    int32_t multiplier;
    int32_t power;
  };
  // Volatile, so that it is in memory.
  const volatile struct {
    int32_t bias;
    Scale scale;
  } channel{requantizer.bias(), {requantizer.multiplier(), requantizer.shift()}};
  volatile int32_t rows = row_count;
  uint32_t left, right, pq, rs, left_over;
  if constexpr (Requantizer<P>::kNegativesAreClamped) {
    PROFILER_CASE(PROFILER_NOT_AWAY)
  } else {
    PROFILER_CASE(PROFILER_AWAY)
  }
}

#undef PROFILER_TWO_OF_ROW
#undef PROFILER_ONE_OF_ROW
#undef PROFILER_AWAY
#undef PROFILER_NOT_AWAY
#undef PROFILER_LOAD_SCALE
#undef PROFILER_REQUANTIZE
#undef PROFILER_TWO
#undef PROFILER_ONE
#undef PROFILER_LOOP
#undef PROFILER_ROWS
#undef PROFILER_RUN
#undef PROFILER_CASE

#endif

}  // namespace profiler::kernels
