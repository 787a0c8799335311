// MEAN, int16, for every core: sums over any dimensions, then one requantization that also divides.
#pragma once

#include <stdint.h>

#include "kernels/common/fixed_point.h"
#include "kernels/common/reduce.h"

namespace profiler::kernels {

// P: the five groups of reduce.h, kZeroPointSum (input zero point * elements in a mean), kMultiplier, kShift,
// kOutputZeroPoint.
template <typename P>
inline void mean_s16_ref(const int16_t* input, int16_t* output) {
  sum_groups<P, int32_t>(input, [&output](int32_t sum) {
    const int32_t scaled = multiply_by_quantized_multiplier(sum - P::kZeroPointSum, P::kMultiplier, P::kShift);
    *output++ = static_cast<int16_t>(clamp(scaled + P::kOutputZeroPoint, INT16_MIN, INT16_MAX));
  });
}

}  // namespace profiler::kernels
