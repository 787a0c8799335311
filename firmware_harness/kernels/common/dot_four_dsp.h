// The inner loop of fully connected layers and LSTMs: four outputs (of an LSTM a unit's gates), four inputs a step.
//
// Inputs stay int8: SXTB16 of four neighbours (a, b, c, d) yields (a, c) and (b, d). The four weight words of a step
// are two outputs' weights of (a, c), the same outputs' of (b, d), and both for the other two outputs; each word holds
// them folded as dot_dsp.h tells.
#pragma once

#include <stdint.h>

#include "kernels/common/simd.h"

namespace profiler::kernels {

// Two pairs of outputs; see PairSums in dot_dsp.h.
struct FourSums {
  int32_t first[2] = {};
  int32_t both[2] = {};
};

#if PROFILER_HAS_DSP

// A step is 17 instructions for 16 multiply-accumulates: LDR, 2 LDRD, 6 SXTB16, 8 SMLAD.
#define PROFILER_FOLDED(word) "sxtb16 %[f], %[" word "]\n\t"
#define PROFILER_PLAIN(word) "sxtb16 %[f], %[" word "]\n\tsxtb16 %[" word "], %[" word "], ror #8\n\t"
#define PROFILER_PAIR(EXTEND, word, inputs, pair)     \
  EXTEND(word)                                        \
  "smlad %[f" pair "], %[f], %[" inputs "], %[f" pair \
  "]\n\t"                                             \
  "smlad %[b" pair "], %[" word "], %[" inputs "], %[b" pair "]\n\t"
#define PROFILER_WEIGHTS "ldrd %[w0], %[w1], [%[w]], #8\n\t"
#define PROFILER_STEP(EXTEND)                                                                     \
  "ldr %[bd], [%[i]], #4\n\t" PROFILER_WEIGHTS                                                    \
  "sxtb16 %[ac], %[bd]\n\tsxtb16 %[bd], %[bd], ror #8\n\t" PROFILER_PAIR(EXTEND, "w0", "ac", "0") \
      PROFILER_PAIR(EXTEND, "w1", "bd", "0") PROFILER_WEIGHTS                                     \
      PROFILER_PAIR(EXTEND, "w0", "ac", "1") PROFILER_PAIR(EXTEND, "w1", "bd", "1")
#define PROFILER_RUN(TEXT)                                                                                             \
  asm volatile(TEXT                                                                                                    \
               : [f0] "+r"(sums.first[0]), [b0] "+r"(sums.both[0]), [f1] "+r"(sums.first[1]), [b1] "+r"(sums.both[1]), \
                 [i] "+r"(inputs), [w] "+r"(weights), [ac] "=&r"(ac), [bd] "=&r"(bd), [w0] "=&r"(w0), [w1] "=&r"(w1),  \
                 [f] "=&r"(f)                                                                                          \
               : [end] "r"(end)                                                                                        \
               : "cc", "memory")

// Steps from `inputs` to `end`, two at a time when kTwice; at least one.
template <bool kFolded, bool kTwice>
inline const uint32_t* dot_four(const int8_t* inputs, const int8_t* end, const uint32_t* weights, FourSums& sums) {
  uint32_t ac, bd, w0, w1, f;
  if constexpr (kFolded && kTwice) {
    PROFILER_RUN(".p2align 2\n1:\n\t" PROFILER_STEP(PROFILER_FOLDED)
                     PROFILER_STEP(PROFILER_FOLDED) "cmp %[i], %[end]\n\tbne 1b");
  } else if constexpr (kFolded) {
    PROFILER_RUN(".p2align 2\n1:\n\t" PROFILER_STEP(PROFILER_FOLDED) "cmp %[i], %[end]\n\tbne 1b");
  } else {
    PROFILER_RUN(".p2align 2\n1:\n\t" PROFILER_STEP(PROFILER_PLAIN) "cmp %[i], %[end]\n\tbne 1b");
  }
  return weights;
}

#undef PROFILER_FOLDED
#undef PROFILER_PLAIN
#undef PROFILER_PAIR
#undef PROFILER_WEIGHTS
#undef PROFILER_STEP
#undef PROFILER_RUN

#else

template <bool kFolded, bool kTwice>
inline const uint32_t* dot_four(const int8_t* inputs, const int8_t* end, const uint32_t* weights, FourSums& sums) {
  for (; inputs != end; inputs += 4) {
    const uint32_t bytes = simd::load_word(inputs);
    const uint32_t pairs[2] = {simd::sxtb16(bytes), simd::sxtb16_ror8(bytes)};
    for (int word = 0; word < 4; ++word, ++weights) {
      const uint32_t both = kFolded ? *weights : simd::sxtb16_ror8(*weights);
      sums.first[word / 2] = simd::smlad(simd::sxtb16(*weights), pairs[word % 2], sums.first[word / 2]);
      sums.both[word / 2] = simd::smlad(both, pairs[word % 2], sums.both[word / 2]);
    }
  }
  return weights;
}

#endif

}  // namespace profiler::kernels
