// AVERAGE_POOL_2D, float32, for every core. Sums run in the order of TFLite's reference kernel.
#pragma once

#include <stdint.h>

#include "kernels/common/clamp_f32.h"
#include "kernels/common/window.h"

namespace profiler::kernels {

// Taps in the padding do not count.
template <typename P>
inline void average_pool_2d_f32_ref(const float* input, float* output) {
  constexpr int32_t kRow = P::kInputWidth * P::kInputChannels;
  for_each_window<P>([&](int32_t batch, int32_t y, int32_t x, auto position) {
    Taps rows, columns;
    taps_of_window<P, decltype(position)::value>(y, x, &rows, &columns);
    const int32_t first = (batch * P::kInputHeight + y + rows.first) * kRow + (x + columns.first) * P::kInputChannels;
    const int32_t height = rows.end - rows.first;
    const int32_t width = columns.end - columns.first;
    const float count = static_cast<float>(height * width);
    for (int32_t c = 0; c < P::kInputChannels; ++c) {
      const float* row = input + first + c;
      float sum = 0.0f;
      for (int32_t ky = 0; ky < height; ++ky, row += kRow) {
        for (int32_t kx = 0; kx < width; ++kx) {
          sum += row[kx * P::kInputChannels];
        }
      }
      *output++ = clamp_f32<P>(sum / count);
    }
  });
}

}  // namespace profiler::kernels
