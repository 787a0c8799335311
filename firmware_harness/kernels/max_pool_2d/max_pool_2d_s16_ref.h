// MAX_POOL_2D, int16, for every core.
#pragma once

#include <stdint.h>

#include "kernels/common/fixed_point.h"
#include "kernels/common/max_pool_2d.h"

namespace profiler::kernels {

template <typename P>
inline void max_pool_2d_s16_ref(const int16_t* input, int16_t* output) {
  max_over_windows<P, int16_t>(input, output, INT16_MIN, [](int16_t highest) {
    return static_cast<int16_t>(clamp(highest, P::kOutputMin, P::kOutputMax));
  });
}

}  // namespace profiler::kernels
