// The inner loop of convolutions that read their windows from a strip: two output channels at four pixels, two inputs
// each a step. Weights are as in dot_dsp.h, in the order of the input.
#pragma once

#include <stdint.h>

#include "kernels/common/dot_dsp.h"
#include "kernels/common/simd.h"

namespace profiler::kernels {

// Where the weights of two channels end; volatile, so that it stays on the stack.
using WeightsEnd = const uint32_t* const volatile;

// Sums of kRows rows of kSteps steps. Windows of neighbouring pixels are kPixelBytes apart, steps kStepBytes and
// rows kRowBytes; all of them and `window`, the first pixel's, are multiples of 4. `end` is behind the weights.
#if PROFILER_HAS_DSP_LOOPS

// Assembly for the same reasons as in dot_dsp.h. All of the loop's long instructions are at addresses divisible by
// four, which are fetched without delay. Five LDR a step, in runs of three and of two, take a cycle less than LDR and
// two LDRD where neighbouring loads overlap.
template <int kRows, int kSteps, int kPixelBytes, int kStepBytes, int kRowBytes, bool kFolded>
__attribute__((always_inline)) inline void dot_strip(const uint8_t* window, const uint32_t* weights,
                                                     const WeightsEnd& end, PairSums<4>& sums) {
  // Sums are not inputs, because compilers are at a loss with as many registers that are both.
  constexpr int kNextRow = kRowBytes - kSteps * kStepBytes;  // more than 0, because four windows differ
  uint32_t x, y, b, f;
  asm volatile(
      ".irp sum, %[f0], %[b0], %[f1], %[b1], %[f2], %[b2], %[f3], %[b3]\n\t"
      "mov \\sum, #0\n\t"
      ".endr\n\t"
      ".p2align 2\n"
      "1:\n\t"
      ".rept %c[steps]\n\t"
      "ldr.w %[b], [%[w]], #4\n\t"
      "ldr.w %[x], [%[c], #%c[pixel]]\n\t"
      "ldr.w %[y], [%[c], #2 * %c[pixel]]\n\t"
      "sxtb16 %[f], %[b]\n\t"
      ".if !%c[folded]\n\t"
      "sxtb16 %[b], %[b], ror #8\n\t"
      ".endif\n\t"
      "smlad %[f1], %[f], %[x], %[f1]\n\t"
      "smlad %[b1], %[b], %[x], %[b1]\n\t"
      "smlad %[f2], %[f], %[y], %[f2]\n\t"
      "smlad %[b2], %[b], %[y], %[b2]\n\t"
      "ldr.w %[x], [%[c], #3 * %c[pixel]]\n\t"
      "ldr.w %[y], [%[c]], #%c[step]\n\t"
      "smlad %[f3], %[f], %[x], %[f3]\n\t"
      "smlad %[b3], %[b], %[x], %[b3]\n\t"
      "smlad %[f0], %[f], %[y], %[f0]\n\t"
      "smlad %[b0], %[b], %[y], %[b0]\n\t"
      ".endr\n\t"
      ".if %c[next]\n\t"
      "ldr.w %[b], %[end]\n\t"
      "add.w %[c], %[c], #%c[next]\n\t"
      "cmp %[w], %[b]\n\t"
      "bne 1b\n\t"
      ".endif"
      : [f0] "=&r"(sums.first[0]), [b0] "=&r"(sums.both[0]), [f1] "=&r"(sums.first[1]), [b1] "=&r"(sums.both[1]),
        [f2] "=&r"(sums.first[2]), [b2] "=&r"(sums.both[2]), [f3] "=&r"(sums.first[3]), [b3] "=&r"(sums.both[3]),
        [c] "+r"(window), [w] "+r"(weights), [x] "=&r"(x), [y] "=&r"(y), [b] "=&r"(b), [f] "=&r"(f)
      : [end] "m"(end), [steps] "i"(kSteps), [pixel] "i"(kPixelBytes), [step] "i"(kStepBytes),
        [next] "i"(kRows > 1 ? kNextRow : 0), [folded] "i"(kFolded ? 1 : 0)
      : "cc", "memory");
}

#else

template <int kRows, int kSteps, int kPixelBytes, int kStepBytes, int kRowBytes, bool kFolded>
inline void dot_strip(const uint8_t* window, const uint32_t* weights, const WeightsEnd& end, PairSums<4>& sums) {
  for (; weights != end; window += kRowBytes) {
    for (int step = 0; step < kSteps; ++step) {
      const uint32_t word = *weights++;
      const uint32_t first = simd::sxtb16(word);
      const uint32_t both = kFolded ? word : simd::sxtb16_ror8(word);
      for (int pixel = 0; pixel < 4; ++pixel) {
        const uint32_t pair = simd::load_word(window + step * kStepBytes + pixel * kPixelBytes);
        sums.first[pixel] = simd::smlad(first, pair, sums.first[pixel]);
        sums.both[pixel] = simd::smlad(both, pair, sums.both[pixel]);
      }
    }
  }
}

#endif

}  // namespace profiler::kernels
