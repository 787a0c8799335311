// CONV_2D, float32, for every core. Sums run in the order of TFLite's reference kernel. Weights are float32, or int8
// that become float32 as they are read.
#pragma once

#include <stdint.h>

#include "kernels/common/finish_f32.h"
#include "kernels/common/window.h"

namespace profiler::kernels {

namespace conv_2d_f32_ref_parts {

// Sum of the products over the window at (y, x) of one image; `input` is at the filter's first channel.
template <typename P, bool kInside, typename Weight>
inline float window_sum(const float* input, int32_t y, int32_t x, const Weight* weights) {
  Taps rows, columns;
  taps_of_window<P, kInside>(y, x, &rows, &columns);
  float sum = 0.0f;
  for (int32_t ky = rows.first; ky < rows.end; ++ky) {
    for (int32_t kx = columns.first; kx < columns.end; ++kx) {
      const int32_t pixel = (y + ky * P::kDilationHeight) * P::kInputWidth + x + kx * P::kDilationWidth;
      const float* in = input + pixel * P::kInputChannels;
      const Weight* w = weights + (ky * P::kFilterWidth + kx) * P::kFilterChannels;
      for (int32_t c = 0; c < P::kFilterChannels; ++c) {
        sum += in[c] * static_cast<float>(w[c]);
      }
    }
  }
  return sum;
}

}  // namespace conv_2d_f32_ref_parts

// channels: per output channel the bias and, for int8 weights, their scale.
template <typename P, typename Weight>
inline void conv_2d_f32_ref(const float* input, const Weight* weights, const float* channels, float* output) {
  constexpr int32_t kImage = P::kInputHeight * P::kInputWidth * P::kInputChannels;
  for_each_window<P>([&](int32_t batch, int32_t y, int32_t x, auto position) {
    const Weight* filter = weights;
    const float* channel = channels;
    const float* group = input + batch * kImage;
    for (int32_t g = 0; g < P::kGroups; ++g, group += P::kFilterChannels) {
      for (int32_t c = 0; c < P::kOutputChannels / P::kGroups; ++c) {
        const float sum = conv_2d_f32_ref_parts::window_sum<P, decltype(position)::value>(group, y, x, filter);
        *output++ = finish_f32<P>(sum, &channel);
        filter += P::kFilterHeight * P::kFilterWidth * P::kFilterChannels;
      }
    }
  });
}

}  // namespace profiler::kernels
