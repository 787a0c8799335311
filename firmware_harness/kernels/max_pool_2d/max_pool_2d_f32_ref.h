// MAX_POOL_2D, float32, for every core.
#pragma once

#include <stdint.h>

#include "kernels/common/clamp_f32.h"
#include "kernels/common/max_pool_2d.h"

namespace profiler::kernels {

template <typename P>
inline void max_pool_2d_f32_ref(const float* input, float* output) {
  max_over_windows<P, float>(input, output, -3.402823466e+38f, [](float highest) { return clamp_f32<P>(highest); });
}

}  // namespace profiler::kernels
