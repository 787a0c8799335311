// The rows of an int8 input under some neighbouring windows, widened once for all of them.
#pragma once

#include <stdint.h>

#include "kernels/common/simd.h"

namespace profiler::kernels {

// Writes rows of elements as int16, padding included, so that any pair of neighbours that a window needs is a word at
// an address divisible by four. Where windows begin at even elements (P::kPairAtEachElement is false) that is a row as
// it is. Otherwise there is a word (a, b), (b, c), (c, d) ... for each element.
template <typename P>
class Strip {
 public:
  static constexpr int32_t kElementBytes = P::kPairAtEachElement ? 4 : 2;
  static constexpr int32_t kRowBytes = kElementBytes * P::kRowElements;
  // What of the scratch comes before the first row: the pair of the first element and the one before it.
  static constexpr int32_t kFrontBytes = P::kPairAtEachElement ? 4 : 0;

  static constexpr int32_t kBytes = kFrontBytes + P::kFilterHeight * kRowBytes;

  explicit Strip(uint8_t* scratch) : to_(scratch) {}

  // The rows of the windows whose first tap is at (y, x) of `image`, perhaps outside of it.
  void write(const int8_t* image, int32_t y, int32_t x) {
    const int32_t before = at_most_row(-x);
    const int32_t behind = at_most_row(x + kRowPixels - P::kInputWidth);
    for (int32_t row = 0; row < P::kFilterHeight; ++row, y += P::kDilationHeight) {
      uint8_t* const start = to_;
      if (P::kPadded && (y < 0 || y >= P::kInputHeight)) {
        pad(kRowPixels);
      } else {
        pad(before);
        widen(image + (y * P::kInputWidth + x + before) * P::kInputChannels,
              (kRowPixels - before - behind) * P::kInputChannels);
        pad(behind);
      }
      to_ = start + kRowBytes;
    }
    if constexpr (P::kPairAtEachElement) {
      put(0);  // completes the pair of the last element
    }
  }

 private:
  static constexpr int32_t kRowPixels = (P::kTilePixels - 1) * P::kStrideWidth + P::kFilterWidth;

  static int32_t at_most_row(int32_t pixels) { return pixels < 0 ? 0 : (pixels < kRowPixels ? pixels : kRowPixels); }

  void put(int32_t element) {
    if constexpr (P::kPairAtEachElement) {
      simd::store_word(to_, simd::pkhbt(last_, element));
      last_ = element;
    } else {
      simd::store_halfword(to_, element);
    }
    to_ += kElementBytes;
  }

  void pad(int32_t pixels) {
    for (int32_t elements = pixels * P::kInputChannels; elements > 0; --elements) {
      put(P::kInputZeroPoint);
    }
  }

  void widen(const int8_t* source, int32_t elements) {
    for (; elements >= 4; elements -= 4, source += 4) {
      put_four(simd::load_word(source));
    }
    for (; elements > 0; --elements) {
      put(*source++);
    }
  }

  void put_four(uint32_t bytes) {
    const uint32_t even = simd::sxtb16(bytes);
    const uint32_t odd = simd::sxtb16_ror8(bytes);
    if constexpr (P::kPairAtEachElement) {
      simd::store_word(to_, simd::pkhbt(last_, even));
      simd::store_word(to_ + 4, simd::pkhbt(even, odd));
      simd::store_word(to_ + 8, simd::pkhbt_top(odd, even));
      simd::store_word(to_ + 12, simd::pkhtb(even, odd));
      last_ = odd >> 16;
    } else {
      simd::store_halfword(to_, even);
      simd::store_halfword(to_ + 2, odd);
      simd::store_halfword(to_ + 4, even >> 16);
      simd::store_halfword(to_ + 6, odd >> 16);
    }
    to_ += 4 * kElementBytes;
  }

  uint8_t* to_;
  uint32_t last_ = 0;
};

}  // namespace profiler::kernels
