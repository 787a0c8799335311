// MEAN, float32, for every core. Sums run in the order of TFLite's reference kernel.
#pragma once

#include <stdint.h>

#include "kernels/common/reduce.h"

namespace profiler::kernels {

// P: the five groups of reduce.h, kCount (elements in a mean).
template <typename P>
inline void mean_f32_ref(const float* input, float* output) {
  sum_groups<P, float>(input, [&output](float sum) { *output++ = sum / static_cast<float>(P::kCount); });
}

}  // namespace profiler::kernels
