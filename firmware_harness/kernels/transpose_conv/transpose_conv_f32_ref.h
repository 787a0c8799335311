// TRANSPOSE_CONV, float32, for every core. Sums run in the order of TFLite's reference kernel: input row, column,
// channel. Weights are float32, or int8 that become float32 as they are read.
#pragma once

#include <stdint.h>

#include "kernels/common/finish_f32.h"
#include "kernels/transpose_conv/reach.h"

namespace profiler::kernels {

namespace transpose_conv_f32_ref_parts {

template <typename P, typename Weight>
inline float reach_sum(const float* image, int32_t y, int32_t x, Reach rows, Reach columns, const Weight* filter) {
  float sum = 0.0f;
  for (int32_t row = rows.first; row < rows.end; ++row) {
    for (int32_t column = columns.first; column < columns.end; ++column) {
      const float* in = image + (row * P::kInputWidth + column) * P::kInputChannels;
      const int32_t tap = (y - row * P::kStrideHeight) * P::kFilterWidth + x - column * P::kStrideWidth;
      const Weight* w = filter + tap * P::kInputChannels;
      for (int32_t c = 0; c < P::kInputChannels; ++c) {
        sum += in[c] * static_cast<float>(w[c]);
      }
    }
  }
  return sum;
}

}  // namespace transpose_conv_f32_ref_parts

// channels: per output channel the bias and, for int8 weights, their scale.
template <typename P, typename Weight>
inline void transpose_conv_f32_ref(const float* input, const Weight* weights, const float* channels, float* output) {
  constexpr int32_t kImage = P::kInputHeight * P::kInputWidth * P::kInputChannels;
  for_each_output<P>([&](int32_t batch, int32_t y, int32_t x, Reach rows, Reach columns) {
    const Weight* filter = weights;
    const float* channel = channels;
    for (int32_t c = 0; c < P::kOutputChannels; ++c) {
      const float sum = transpose_conv_f32_ref_parts::reach_sum<P>(input + batch * kImage, y, x, rows, columns, filter);
      *output++ = finish_f32<P>(sum, &channel);
      filter += P::kFilterHeight * P::kFilterWidth * P::kInputChannels;
    }
  });
}

}  // namespace profiler::kernels
