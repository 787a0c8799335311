// DEPTHWISE_CONV_2D, float32, for every core. Weights are packed by output channel: all taps of one channel in a row.
// Sums run in the order of TFLite's reference kernel.
#pragma once

#include <stdint.h>

#include "kernels/common/clamp_f32.h"
#include "kernels/common/window.h"

namespace profiler::kernels {

namespace depthwise_conv_2d_f32_ref_parts {

// Sum of the products of one channel's taps; `input` is at that channel of the image.
template <typename P, bool kInside>
inline float window_sum(const float* input, int32_t y, int32_t x, const float* weights) {
  Taps rows, columns;
  taps_of_window<P, kInside>(y, x, &rows, &columns);
  float sum = 0.0f;
  for (int32_t ky = rows.first; ky < rows.end; ++ky) {
    const float* row = input + ((y + ky * P::kDilationHeight) * P::kInputWidth + x) * P::kInputChannels;
    for (int32_t kx = columns.first; kx < columns.end; ++kx) {
      sum += row[kx * (P::kDilationWidth * P::kInputChannels)] * weights[ky * P::kFilterWidth + kx];
    }
  }
  return sum;
}

}  // namespace depthwise_conv_2d_f32_ref_parts

template <typename P>
inline void depthwise_conv_2d_f32_ref(const float* input, const float* weights, const float* bias, float* output) {
  constexpr int32_t kImage = P::kInputHeight * P::kInputWidth * P::kInputChannels;
  for_each_window<P>([&](int32_t batch, int32_t y, int32_t x, auto position) {
    const float* filter = weights;
    const float* channel_bias = bias;
    const float* channel = input + batch * kImage;
    for (int32_t c = 0; c < P::kInputChannels; ++c, ++channel) {
      for (int32_t m = 0; m < P::kDepthMultiplier; ++m) {
        const float sum =
            depthwise_conv_2d_f32_ref_parts::window_sum<P, decltype(position)::value>(channel, y, x, filter);
        *output++ = clamp_f32<P>(sum + *channel_bias++);
        filter += P::kFilterHeight * P::kFilterWidth;
      }
    }
  });
}

}  // namespace profiler::kernels
