// AVERAGE_POOL_2D, int8, for every core.
#pragma once

#include <stdint.h>

#include "kernels/common/fixed_point.h"
#include "kernels/common/window.h"

namespace profiler::kernels {

// Averages round halves away from zero; taps in the padding do not count.
template <typename P>
inline void average_pool_2d_s8_ref(const int8_t* input, int8_t* output) {
  constexpr int32_t kRow = P::kInputWidth * P::kInputChannels;
  for_each_window<P>([&](int32_t batch, int32_t y, int32_t x, auto position) {
    Taps rows, columns;
    taps_of_window<P, decltype(position)::value>(y, x, &rows, &columns);
    const int32_t first = (batch * P::kInputHeight + y + rows.first) * kRow + (x + columns.first) * P::kInputChannels;
    const int32_t height = rows.end - rows.first;
    const int32_t width = columns.end - columns.first;
    const int32_t count = height * width;
    for (int32_t c = 0; c < P::kInputChannels; ++c) {
      const int8_t* row = input + first + c;
      int32_t sum = 0;
      for (int32_t ky = 0; ky < height; ++ky, row += kRow) {
        for (int32_t kx = 0; kx < width; ++kx) {
          sum += row[kx * P::kInputChannels];
        }
      }
      const int32_t half = sum > 0 ? count / 2 : -(count / 2);
      *output++ = static_cast<int8_t>(clamp((sum + half) / count, P::kOutputMin, P::kOutputMax));
    }
  });
}

}  // namespace profiler::kernels
