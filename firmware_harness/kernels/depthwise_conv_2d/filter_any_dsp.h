// A filter of one channel of any size, its weights read anew for each output, on a Plane.
#pragma once

#include <stdint.h>

#include "kernels/common/simd.h"

namespace profiler::kernels {

// weights: int16 pairs of neighbouring taps, row by row, a zero behind an odd one.
template <int kHeight, int kWidth, int kRowBytes>
class FilterAny {
 public:
  explicit FilterAny(const uint32_t* weights) : weights_(weights) {}

  static constexpr int32_t kWords = kHeight * ((kWidth + 1) / 2);

  // bias + the window whose first tap is at `taps`: two loads and an SMLAD for two taps.
  int32_t one(const int16_t* taps, int32_t bias) const {
    constexpr int32_t kPairs = (kWidth + 1) / 2;
    const uint32_t* weights = weights_;
    for (int32_t y = 0; y < kHeight; ++y) {
      const int16_t* row = taps;
#pragma GCC unroll 4
      for (int32_t pair = 0; pair < kPairs; ++pair) {
        add_pair(row, weights, bias);
      }
      taps += kRowBytes / 2;
    }
    return bias;
  }

 private:
  // One statement on the device, because compilers move loads ahead of each other until registers run out.
  static void add_pair(const int16_t*& row, const uint32_t*& weights, int32_t& sum) {
#if PROFILER_HAS_DSP
    uint32_t inputs, word;
    asm volatile(
        "ldr %[inputs], [%[row]], #4\n\tldr %[word], [%[weights]], #4\n\tsmlad %[sum], %[inputs], %[word], %[sum]"
        : [row] "+r"(row), [weights] "+r"(weights), [sum] "+r"(sum), [inputs] "=&r"(inputs), [word] "=&r"(word)
        :
        : "memory");
#else
    sum = simd::smlad(simd::load_word(row), *weights++, sum);
    row += 2;
#endif
  }

  const uint32_t* weights_;
};

}  // namespace profiler::kernels
