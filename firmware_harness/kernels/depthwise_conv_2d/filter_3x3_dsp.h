// A 3 x 3 filter of one channel, in registers, on a Plane.
//
// Of a row's taps (a, b, c) the pairs (a, b) and (b, c) are kept. Four neighbours (p, q, r, s) of the plane are two
// words, and give one output as (a, b) * (p, q) + c * r and the next as a * q + (b, c) * (r, s).
#pragma once

#include <stdint.h>

#include "kernels/common/simd.h"

namespace profiler::kernels {

// kRowBytes: from one row of the plane to the next. kScale: what weights are multiplied by, 1 or 2.
template <int kRowBytes, int kScale>
struct Filter3x3 {
  // weights: a word (a, b, b, c) for each row.
  explicit Filter3x3(const uint32_t* weights) {
#pragma GCC unroll 3
    for (int row = 0; row < 3; ++row) {
      ab[row] = scaled(simd::sxtb16(weights[row]));
      bc[row] = scaled(simd::sxtb16_ror8(weights[row]));
    }
  }

  static constexpr int32_t kWords = 3;

  // bias + the window whose first tap is at `taps`.
  int32_t one(const int16_t* taps, int32_t bias) const {
#pragma GCC unroll 3
    for (int row = 0; row < 3; ++row) {
      const int8_t* const at = reinterpret_cast<const int8_t*>(taps) + row * kRowBytes;
      bias = simd::smlad(ab[row], simd::load_word(at), bias);
      bias = simd::smlatb(bc[row], simd::load_word(at + 4), bias);
    }
    return bias;
  }

  static uint32_t scaled(uint32_t pair) { return kScale == 2 ? simd::sadd16(pair, pair) : pair; }

  uint32_t ab[3];
  uint32_t bc[3];
};

}  // namespace profiler::kernels
