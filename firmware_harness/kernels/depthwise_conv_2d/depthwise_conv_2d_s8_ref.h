// DEPTHWISE_CONV_2D, int8, for every core. Weights are packed by output channel: all taps of one channel in a row.
#pragma once

#include <stdint.h>

#include "kernels/common/requantize.h"
#include "kernels/common/window.h"

namespace profiler::kernels {

namespace depthwise_conv_2d_s8_ref_parts {

// Sum of weight * (input - zero point) over the taps of one channel; `input` is at that channel of the image. Windows
// inside the input take the input as it is: what the zero point adds to them is in the folded bias.
template <typename P, bool kInside>
inline int32_t window_sum(const int8_t* input, int32_t y, int32_t x, const int8_t* weights) {
  Taps rows, columns;
  taps_of_window<P, kInside>(y, x, &rows, &columns);
  int32_t sum = 0;
  for (int32_t ky = rows.first; ky < rows.end; ++ky) {
    const int8_t* row = input + ((y + ky * P::kDilationHeight) * P::kInputWidth + x) * P::kInputChannels;
    for (int32_t kx = columns.first; kx < columns.end; ++kx) {
      const int32_t value = row[kx * (P::kDilationWidth * P::kInputChannels)];
      sum += weights[ky * P::kFilterWidth + kx] * (kInside ? value : value - P::kInputZeroPoint);
    }
  }
  return sum;
}

}  // namespace depthwise_conv_2d_s8_ref_parts

// channels: per output channel folded bias, multiplier, shift and, where windows hang over an edge, plain bias (at
// kEdgeBias of the record; the same as the folded one when the zero point is 0).
template <typename P>
inline void depthwise_conv_2d_s8_ref(const int8_t* input, const int8_t* weights, const int32_t* channels,
                                     int8_t* output) {
  constexpr int32_t kImage = P::kInputHeight * P::kInputWidth * P::kInputChannels;
  for_each_window<P>([&](int32_t batch, int32_t y, int32_t x, auto position) {
    constexpr bool kInside = decltype(position)::value;
    const int8_t* filter = weights;
    const int32_t* record = channels;
    const int8_t* channel = input + batch * kImage;
    for (int32_t c = 0; c < P::kInputChannels; ++c, ++channel) {
      for (int32_t m = 0; m < P::kDepthMultiplier; ++m) {
        const int32_t bias = record[kInside ? 0 : P::kEdgeBias];
        const int32_t sum = depthwise_conv_2d_s8_ref_parts::window_sum<P, kInside>(channel, y, x, filter);
        *output++ = requantize_s8<P>(bias + sum, record[1], record[2]);
        filter += P::kFilterHeight * P::kFilterWidth;
        record += P::kChannelRecord;
      }
    }
  });
}

}  // namespace profiler::kernels
