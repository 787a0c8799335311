// The inner loop of convolutions: two output channels at one to four pixels, two inputs each a step.
//
// A column word holds two int16 inputs of one pixel; the words of all pixels for one step are neighbours. A weight word
// holds, as int8, what two channels multiply these two inputs by. SXTB16 extracts the first channel's weights (bytes 0
// and 2). The second channel's are not extracted: the halfwords of a folded weight word are 256 * second + first, so
// that multiplying with the word as it is gives 256 * (second sum) + (first sum), from which the second follows.
#pragma once

#include <stdint.h>

#include "kernels/common/simd.h"

namespace profiler::kernels {

// `first`: the first channel's sums; `both`: first + 256 * second, or, where weights are not folded, the second's.
template <int kPixels>
struct PairSums {
  int32_t first[kPixels] = {};
  int32_t both[kPixels] = {};
};

// Where a column ends; volatile, so that it stays on the stack.
using ColumnEnd = const uint32_t* const volatile;

#if PROFILER_HAS_DSP_LOOPS

// What follows is written in assembly because all fourteen registers are needed: compilers spill some of them. That is
// also why the loop's end is in memory, and why these functions must be inlined: it is addressed from the stack
// pointer. A step of four pixels is 12 instructions for 16 multiply-accumulates: LDR, 2 LDRD, SXTB16, 8 SMLAD.
#define PROFILER_INLINE __attribute__((always_inline)) inline
#define PROFILER_WEIGHTS "ldr %[b], [%[w]], #4\n\t"
#define PROFILER_FOLDED "sxtb16 %[f], %[b]\n\t"
#define PROFILER_PLAIN "sxtb16 %[f], %[b]\n\tsxtb16 %[b], %[b], ror #8\n\t"
#define PROFILER_MAC(pixel, column)                     \
  "smlad %[f" pixel "], %[f], %[" column "], %[f" pixel \
  "]\n\t"                                               \
  "smlad %[b" pixel "], %[b], %[" column "], %[b" pixel "]\n\t"
#define PROFILER_LOAD1 "ldr %[x], [%[c]], #4\n\t"
#define PROFILER_LOAD2 "ldrd %[x], %[y], [%[c]], #8\n\t"
#define PROFILER_STEP1(EXTEND) PROFILER_WEIGHTS PROFILER_LOAD1 EXTEND PROFILER_MAC("0", "x")
#define PROFILER_STEP2(EXTEND) PROFILER_WEIGHTS PROFILER_LOAD2 EXTEND PROFILER_MAC("0", "x") PROFILER_MAC("1", "y")
#define PROFILER_STEP3(EXTEND) PROFILER_STEP2(EXTEND) PROFILER_LOAD1 PROFILER_MAC("2", "x")
#define PROFILER_STEP4(EXTEND) PROFILER_STEP2(EXTEND) PROFILER_LOAD2 PROFILER_MAC("2", "x") PROFILER_MAC("3", "y")
#define PROFILER_ONCE(STEP) STEP STEP STEP STEP
#define PROFILER_LOOP(STEP) ".p2align 2\n1:\n\t" STEP STEP STEP STEP "ldr %[b], %[end]\n\tcmp %[c], %[b]\n\tbne 1b\n\t"
#define PROFILER_SUMS1 [f0] "+r"(sums.first[0]), [b0] "+r"(sums.both[0])
#define PROFILER_SUMS2 PROFILER_SUMS1, [f1] "+r"(sums.first[1]), [b1] "+r"(sums.both[1])
#define PROFILER_SUMS3 PROFILER_SUMS2, [f2] "+r"(sums.first[2]), [b2] "+r"(sums.both[2])
#define PROFILER_SUMS4 PROFILER_SUMS3, [f3] "+r"(sums.first[3]), [b3] "+r"(sums.both[3])
#define PROFILER_RUN(TEXT, SUMS)                                                                                   \
  asm volatile(TEXT                                                                                                \
               : SUMS, [c] "+r"(column), [w] "+r"(weights), [x] "=&r"(x), [y] "=&r"(y), [b] "=&r"(b), [f] "=&r"(f) \
               : [end] "m"(end)                                                                                    \
               : "cc", "memory")
#define PROFILER_CASE(EXTEND, REPEAT)                             \
  if constexpr (kPixels == 1) {                                   \
    PROFILER_RUN(REPEAT(PROFILER_STEP1(EXTEND)), PROFILER_SUMS1); \
  } else if constexpr (kPixels == 2) {                            \
    PROFILER_RUN(REPEAT(PROFILER_STEP2(EXTEND)), PROFILER_SUMS2); \
  } else if constexpr (kPixels == 3) {                            \
    PROFILER_RUN(REPEAT(PROFILER_STEP3(EXTEND)), PROFILER_SUMS3); \
  } else {                                                        \
    PROFILER_RUN(REPEAT(PROFILER_STEP4(EXTEND)), PROFILER_SUMS4); \
  }

// Adds kSteps steps, a multiple of four, to `sums`; returns the weights behind those it has read. `column` is aligned
// to 4 bytes and `end` is kSteps * kPixels words behind it. A load and two instructions a round keep the loop going.
template <int kPixels, int kSteps, bool kFolded>
PROFILER_INLINE const uint32_t* dot_pairs(const uint32_t* column, const ColumnEnd& end, const uint32_t* weights,
                                          PairSums<kPixels>& sums) {
  uint32_t x, y, b, f;
  if constexpr (kFolded && kSteps == 4) {
    PROFILER_CASE(PROFILER_FOLDED, PROFILER_ONCE)
  } else if constexpr (kFolded) {
    PROFILER_CASE(PROFILER_FOLDED, PROFILER_LOOP)
  } else {
    PROFILER_CASE(PROFILER_PLAIN, PROFILER_LOOP)
  }
  return weights;
}

#undef PROFILER_INLINE
#undef PROFILER_WEIGHTS
#undef PROFILER_FOLDED
#undef PROFILER_PLAIN
#undef PROFILER_MAC
#undef PROFILER_LOAD1
#undef PROFILER_LOAD2
#undef PROFILER_STEP1
#undef PROFILER_STEP2
#undef PROFILER_STEP3
#undef PROFILER_STEP4
#undef PROFILER_LOOP
#undef PROFILER_SUMS1
#undef PROFILER_SUMS2
#undef PROFILER_SUMS3
#undef PROFILER_SUMS4
#undef PROFILER_RUN
#undef PROFILER_CASE
#undef PROFILER_ONCE

#else

template <int kPixels, int kSteps, bool kFolded>
inline const uint32_t* dot_pairs(const uint32_t* column, const ColumnEnd& end, const uint32_t* weights,
                                 PairSums<kPixels>& sums) {
  do {
    const uint32_t word = *weights++;
    const uint32_t first = simd::sxtb16(word);
    const uint32_t both = kFolded ? word : simd::sxtb16_ror8(word);
    for (int pixel = 0; pixel < kPixels; ++pixel, ++column) {
      sums.first[pixel] = simd::smlad(first, *column, sums.first[pixel]);
      sums.both[pixel] = simd::smlad(both, *column, sums.both[pixel]);
    }
  } while (column != end);
  return weights;
}

#endif

}  // namespace profiler::kernels
