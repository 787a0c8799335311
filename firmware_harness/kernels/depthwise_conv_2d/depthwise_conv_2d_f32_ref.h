// DEPTHWISE_CONV_2D, float32, for every core. Weights are packed by output channel: all taps of one channel in a row.
// Sums run in the order of TFLite's reference kernel. Weights are float32, or int8 that become float32 as they are
// read.
#pragma once

#include <stdint.h>

#include "kernels/common/finish_f32.h"
#include "kernels/common/window.h"

namespace profiler::kernels {

namespace depthwise_conv_2d_f32_ref_parts {

// Sum of the products of one channel's taps; `input` is at that channel of the image.
template <typename P, bool kInside, typename Weight>
inline float window_sum(const float* input, int32_t y, int32_t x, const Weight* weights) {
  Taps rows, columns;
  taps_of_window<P, kInside>(y, x, &rows, &columns);
  float sum = 0.0f;
  for (int32_t ky = rows.first; ky < rows.end; ++ky) {
    const float* row = input + ((y + ky * P::kDilationHeight) * P::kInputWidth + x) * P::kInputChannels;
    for (int32_t kx = columns.first; kx < columns.end; ++kx) {
      const float value = row[kx * (P::kDilationWidth * P::kInputChannels)];
      sum += value * static_cast<float>(weights[ky * P::kFilterWidth + kx]);
    }
  }
  return sum;
}

}  // namespace depthwise_conv_2d_f32_ref_parts

// channels: per output channel the bias and, for int8 weights, their scale.
template <typename P, typename Weight>
inline void depthwise_conv_2d_f32_ref(const float* input, const Weight* weights, const float* channels, float* output) {
  constexpr int32_t kImage = P::kInputHeight * P::kInputWidth * P::kInputChannels;
  for_each_window<P>([&](int32_t batch, int32_t y, int32_t x, auto position) {
    const Weight* filter = weights;
    const float* record = channels;
    const float* channel = input + batch * kImage;
    for (int32_t c = 0; c < P::kInputChannels; ++c, ++channel) {
      for (int32_t m = 0; m < P::kDepthMultiplier; ++m) {
        const float sum =
            depthwise_conv_2d_f32_ref_parts::window_sum<P, decltype(position)::value>(channel, y, x, filter);
        *output++ = finish_f32<P>(sum, &record);
        filter += P::kFilterHeight * P::kFilterWidth;
      }
    }
  });
}

}  // namespace profiler::kernels
