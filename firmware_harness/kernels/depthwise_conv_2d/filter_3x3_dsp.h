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
class Filter3x3 {
 public:
  // weights: a word (a, b, b, c) for each row.
  explicit Filter3x3(const uint32_t* weights) {
    for (int row = 0; row < 3; ++row) {
      ab_[row] = scaled(simd::sxtb16(weights[row]));
      bc_[row] = scaled(simd::sxtb16_ror8(weights[row]));
    }
  }

  static constexpr int32_t kWords = 3;
  static constexpr bool kHasTwo = true;

  // bias + the window whose first tap is at `taps`.
  int32_t one(const int16_t* taps, int32_t bias) const {
    int32_t sum = bias;
    add_row_to_one<0>(taps, sum);
    add_row_to_one<1>(taps, sum);
    add_row_to_one<2>(taps, sum);
    return sum;
  }

  // The same for two neighbouring windows. `taps` is aligned to 4 bytes.
  void two(const int16_t* taps, int32_t bias, int32_t& left, int32_t& right) const {
    left = bias;
    right = bias;
    add_row_to_two<0>(taps, left, right);
    add_row_to_two<1>(taps, left, right);
    add_row_to_two<2>(taps, left, right);
  }

 private:
  static uint32_t scaled(uint32_t pair) { return kScale == 2 ? simd::sadd16(pair, pair) : pair; }

  template <int kRow>
  void add_row_to_one(const int16_t* taps, int32_t& sum) const {
    const int8_t* row = reinterpret_cast<const int8_t*>(taps) + kRow * kRowBytes;
    sum = simd::smlad(ab_[kRow], simd::load_word(row), sum);
    sum = simd::smlatb(bc_[kRow], simd::load_word(row + 4), sum);
  }

  // Five instructions for six multiply-accumulates, as one statement so that compilers keep to few registers.
  template <int kRow>
  void add_row_to_two(const int16_t* taps, int32_t& left, int32_t& right) const {
#if PROFILER_HAS_DSP
    uint32_t pq, rs;
    asm volatile(
        "ldrd %[pq], %[rs], [%[taps], %[offset]]\n\t"
        "smlad %[left], %[ab], %[pq], %[left]\n\t"
        "smlabt %[right], %[ab], %[pq], %[right]\n\t"
        "smlatb %[left], %[bc], %[rs], %[left]\n\t"
        "smlad %[right], %[bc], %[rs], %[right]"
        : [left] "+r"(left), [right] "+r"(right), [pq] "=&r"(pq), [rs] "=&r"(rs)
        : [taps] "r"(taps), [offset] "i"(kRow * kRowBytes), [ab] "r"(ab_[kRow]), [bc] "r"(bc_[kRow])
        : "memory");
#else
    const int8_t* row = reinterpret_cast<const int8_t*>(taps) + kRow * kRowBytes;
    const uint32_t pq = simd::load_word(row);
    const uint32_t rs = simd::load_word(row + 4);
    left = simd::smlatb(bc_[kRow], rs, simd::smlad(ab_[kRow], pq, left));
    right = simd::smlad(bc_[kRow], rs, simd::smlabt(ab_[kRow], pq, right));
#endif
  }

  uint32_t ab_[3];
  uint32_t bc_[3];
};

}  // namespace profiler::kernels
