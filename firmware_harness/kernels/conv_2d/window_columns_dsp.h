// Windows of an int8 input, widened to int16 pairs in the order in which the inner loop of a convolution reads them.
#pragma once

#include <stdint.h>

#include "kernels/common/simd.h"

namespace profiler::kernels {

// Writes one pixel's window into its column of the scratch: one word a step, kPixels words apart.
//
// A run is what lies side by side in memory: a row of taps, or a single tap where the width is dilated. Of each four
// neighbours (a, b, c, d) the words are (a, c) and (b, d), which is what SXTB16 yields; a rest of one to three is
// written as (a, -), (a, b) or (a, b), (c, -). Weights are packed in the same order, with zeros for what is missing.
template <typename P>
class WindowColumn {
 public:
  // column: the pixel's first word. row_scratch: kRunBytes bytes that runs at an edge are assembled in.
  WindowColumn(uint32_t* column, int8_t* row_scratch) : column_(column), row_scratch_(row_scratch) {}

  // The window whose first tap is at (y, x) of `image`, perhaps outside of it.
  void write(const int8_t* image, int32_t y, int32_t x) {
    for (int32_t row = 0; row < P::kFilterHeight; ++row, y += P::kDilationHeight) {
      for (int32_t run = 0; run < kRunsPerRow; ++run) {
        write_run(image, y, x + run * P::kDilationWidth);
      }
    }
  }

  // A run of kRunBytes inputs that all exist.
  void write_whole(const int8_t* source) {
    widen(source, kRunBytes / 4);
    source += kRunBytes & ~3;
    if constexpr (kRunBytes % 4 == 1) {
      put(simd::pkhbt(source[0], 0));
    } else if constexpr (kRunBytes % 4 >= 2) {
      put(simd::pkhbt(source[0], source[1]));
    }
    if constexpr (kRunBytes % 4 == 3) {
      put(simd::pkhbt(source[2], 0));
    }
  }

  static constexpr int32_t kRunTaps = P::kDilationWidth == 1 ? P::kFilterWidth : 1;
  static constexpr int32_t kRunBytes = kRunTaps * P::kInputChannels;

 private:
  static constexpr int32_t kRunsPerRow = P::kFilterWidth / kRunTaps;

  void write_run(const int8_t* image, int32_t y, int32_t x) {
    const int8_t* source = image + (y * P::kInputWidth + x) * P::kInputChannels;
    if constexpr (!P::kPadded) {
      write_whole(source);
    } else {
      if (y >= 0 && y < P::kInputHeight && x >= 0 && x + kRunTaps <= P::kInputWidth) {
        write_whole(source);
        return;
      }
      int32_t before = x < 0 ? -x : 0;
      int32_t behind = x + kRunTaps > P::kInputWidth ? x + kRunTaps - P::kInputWidth : 0;
      if (y < 0 || y >= P::kInputHeight || before + behind >= kRunTaps) {
        before = kRunTaps;  // nothing of it is on the input
        behind = 0;
      }
      write_at_edge(source, before, behind);
    }
  }

  // A run whose first `before` and last `behind` taps are padding, which holds the input zero point.
  void write_at_edge(const int8_t* source, int32_t before, int32_t behind) {
    const int32_t inside = kRunTaps - before - behind;
    source += before * P::kInputChannels;
    if constexpr (P::kInputChannels % 4 == 0) {
      pad(before);
      widen(source, inside * (P::kInputChannels / 4));
      pad(behind);
    } else {
      int8_t* to = row_scratch_;
      to = fill(to, before * P::kInputChannels);
      for (int32_t i = 0; i < inside * P::kInputChannels; ++i) {
        *to++ = source[i];
      }
      fill(to, behind * P::kInputChannels);
      write_whole(row_scratch_);
    }
  }

  static int8_t* fill(int8_t* to, int32_t bytes) {
    for (int32_t i = 0; i < bytes; ++i) {
      *to++ = static_cast<int8_t>(P::kInputZeroPoint);
    }
    return to;
  }

  // Padding taps, where channels are a multiple of four.
  void pad(int32_t taps) {
    constexpr uint32_t kPair = (static_cast<uint32_t>(P::kInputZeroPoint) & 0xffffu) * 0x10001u;
    for (int32_t words = taps * (P::kInputChannels / 2); words > 0; --words) {
      put(kPair);
    }
  }

  // Groups of four inputs: a load, two extensions and two stores each.
  void widen(const int8_t* source, int32_t groups) {
#pragma GCC unroll 2
    for (; groups > 0; --groups, source += 4) {
      const uint32_t bytes = simd::load_word(source);
      put(simd::sxtb16(bytes));
      put(simd::sxtb16_ror8(bytes));
    }
  }

  void put(uint32_t pair) {
    *column_ = pair;
    column_ += P::kPixels;
  }

  uint32_t* column_;
  int8_t* row_scratch_;
};

}  // namespace profiler::kernels
