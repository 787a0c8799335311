// Product of quantized values of any type, with broadcasting. Safe in place: each output is written after its operands
// are read.
#pragma once

#include <stdint.h>

#include "kernels/common/broadcast.h"
#include "kernels/common/fixed_point.h"

namespace profiler::kernels {

// P: those of for_each_pair; kZeroPointA, kZeroPointB; kMultiplier, kShift; kOutputZeroPoint, kOutputMin, kOutputMax.
template <typename P, typename T>
inline void product_quantized(const T* a, const T* b, T* output) {
  for_each_pair<P>([=](int32_t out, int32_t at_a, int32_t at_b) {
    const int32_t product = (a[at_a] - P::kZeroPointA) * (b[at_b] - P::kZeroPointB);
    const int32_t scaled = multiply_by_quantized_multiplier(product, P::kMultiplier, P::kShift);
    output[out] = static_cast<T>(clamp(scaled + P::kOutputZeroPoint, P::kOutputMin, P::kOutputMax));
  });
}

}  // namespace profiler::kernels
