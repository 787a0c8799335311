// MAX_POOL_2D, int8, for every core.
#pragma once

#include <stdint.h>

#include "kernels/common/fixed_point.h"
#include "kernels/common/max_pool_2d.h"

namespace profiler::kernels {

template <typename P>
inline void max_pool_2d_s8_ref(const int8_t* input, int8_t* output) {
  max_over_windows<P, int8_t>(input, output, INT8_MIN, [](int8_t highest) {
    return static_cast<int8_t>(clamp(highest, P::kOutputMin, P::kOutputMax));
  });
}

}  // namespace profiler::kernels
