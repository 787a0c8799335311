// Walks two operands and their broadcast result together. The lowering merges dimensions; equal shapes need one.
#pragma once

#include <stdint.h>

namespace profiler::kernels {

// Calls visit(output index, index in a, index in b) for each output, in order. P: kSize0..3, the output's dimensions;
// kStrideA0..3 and kStrideB0..3, what a step along each means in an operand (0: it is repeated).
template <typename P, typename Visit>
inline void for_each_pair(Visit visit) {
  int32_t out = 0;
  for (int32_t i0 = 0; i0 < P::kSize0; ++i0) {
    for (int32_t i1 = 0; i1 < P::kSize1; ++i1) {
      for (int32_t i2 = 0; i2 < P::kSize2; ++i2) {
        const int32_t a = i0 * P::kStrideA0 + i1 * P::kStrideA1 + i2 * P::kStrideA2;
        const int32_t b = i0 * P::kStrideB0 + i1 * P::kStrideB1 + i2 * P::kStrideB2;
        for (int32_t i3 = 0; i3 < P::kSize3; ++i3) {
          visit(out++, a + i3 * P::kStrideA3, b + i3 * P::kStrideB3);
        }
      }
    }
  }
}

}  // namespace profiler::kernels
