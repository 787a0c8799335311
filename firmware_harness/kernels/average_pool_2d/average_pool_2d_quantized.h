// AVERAGE_POOL_2D of quantized values of any type. kLanes neighbouring channels are summed side by side.
#pragma once

#include <stdint.h>

#include "kernels/common/lanes.h"
#include "kernels/common/window.h"

namespace profiler::kernels {

namespace average_pool_2d_parts {

// Sums of neighbouring channels over height * width pixels, from the first channel of the first pixel on.
template <typename P, typename T>
inline Lanes<P::kLanes> window_sums(const T* input, int32_t height, int32_t width) {
  Lanes<P::kLanes> lanes;
  for (int32_t ky = 0; ky < height; ++ky) {
    const T* pixel = input + ky * (P::kInputWidth * P::kInputChannels);
    for (int32_t kx = 0; kx < width; ++kx, pixel += P::kInputChannels) {
      accumulate_inputs(&lanes, pixel);
    }
  }
  return lanes;
}

// sum / count, halves away from zero, clamped.
template <typename P>
inline int32_t average(int32_t sum, int32_t count) {
  const int32_t half = sum > 0 ? count / 2 : -(count / 2);
  return clamp((sum + half) / count, P::kOutputMin, P::kOutputMax);
}

}  // namespace average_pool_2d_parts

// Taps in the padding do not count.
template <typename P, typename T>
inline void average_pool_2d_quantized(const T* input, T* output) {
  using namespace average_pool_2d_parts;
  for_each_window<P>([&](int32_t batch, int32_t y, int32_t x, auto position) {
    Taps rows, columns;
    taps_of_window<P, decltype(position)::value>(y, x, &rows, &columns);
    const int32_t pixel = (batch * P::kInputHeight + y + rows.first) * P::kInputWidth + x + columns.first;
    const T* channel = input + pixel * P::kInputChannels;
    const int32_t height = rows.end - rows.first;
    const int32_t width = columns.end - columns.first;
    for (int32_t c = 0; c < P::kInputChannels; c += P::kLanes, channel += P::kLanes) {
      const auto lanes = window_sums<P>(channel, height, width);
#pragma GCC unroll 4
      for (int32_t lane = 0; lane < P::kLanes; ++lane) {
        *output++ = static_cast<T>(average<P>(lanes.sum[lane], height * width));
      }
    }
  });
}

}  // namespace profiler::kernels
