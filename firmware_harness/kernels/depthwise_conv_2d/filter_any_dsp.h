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
    const int8_t* row = reinterpret_cast<const int8_t*>(taps);
    const uint32_t* weights = weights_;
    for (int32_t y = 0; y < kHeight; ++y, row += kRowBytes) {
      for (int32_t x = 0; x < kWidth; x += 2) {
        bias = simd::smlad(*weights++, simd::load_word(row + 2 * x), bias);
      }
    }
    return bias;
  }

 private:
  const uint32_t* weights_;
};

}  // namespace profiler::kernels
