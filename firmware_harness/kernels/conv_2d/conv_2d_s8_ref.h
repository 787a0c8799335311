// CONV_2D, int8, for every core. Weights stay in the model's order: output channel, row, column, input channel.
#pragma once

#include <stdint.h>

#include "kernels/common/requantize.h"
#include "kernels/common/window.h"

namespace profiler::kernels {

namespace conv_2d_s8_ref_parts {

// Sum of weight * (input - zero point) over `count` neighbours. Windows inside the input take the input as it is: what
// the zero point adds to them is in the folded bias.
template <typename P, bool kInside>
inline int32_t dot(const int8_t* input, const int8_t* weights, int32_t count) {
  int32_t sum = 0;
  for (int32_t i = 0; i < count; ++i) {
    sum += weights[i] * (kInside ? input[i] : input[i] - P::kInputZeroPoint);
  }
  return sum;
}

// Sum over the window at (y, x) of one image for the filter at `weights`; `input` is at the filter's first channel.
template <typename P, bool kInside>
inline int32_t window_sum(const int8_t* input, int32_t y, int32_t x, const int8_t* weights) {
  Taps rows, columns;
  taps_of_window<P, kInside>(y, x, &rows, &columns);
  int32_t sum = 0;
  for (int32_t ky = rows.first; ky < rows.end; ++ky) {
    const int8_t* row = input + (y + ky * P::kDilationHeight) * (P::kInputWidth * P::kInputChannels);
    const int8_t* row_weights = weights + ky * (P::kFilterWidth * P::kFilterChannels);
    if constexpr (P::kRowsAreRuns) {  // the taps of a row are neighbours in memory
      sum += dot<P, kInside>(row + (x + columns.first) * P::kInputChannels,
                             row_weights + columns.first * P::kFilterChannels,
                             (columns.end - columns.first) * P::kFilterChannels);
    } else {
      for (int32_t kx = columns.first; kx < columns.end; ++kx) {
        sum += dot<P, kInside>(row + (x + kx * P::kDilationWidth) * P::kInputChannels,
                               row_weights + kx * P::kFilterChannels, P::kFilterChannels);
      }
    }
  }
  return sum;
}

}  // namespace conv_2d_s8_ref_parts

// channels: per output channel folded bias, multiplier, shift and, where windows hang over an edge, plain bias (at
// kEdgeBias of the record; the same as the folded one when the zero point is 0).
template <typename P>
inline void conv_2d_s8_ref(const int8_t* input, const int8_t* weights, const int32_t* channels, int8_t* output) {
  constexpr int32_t kImage = P::kInputHeight * P::kInputWidth * P::kInputChannels;
  for_each_window<P>([&](int32_t batch, int32_t y, int32_t x, auto position) {
    constexpr bool kInside = decltype(position)::value;
    const int8_t* filter = weights;
    const int32_t* channel = channels;
    const int8_t* group = input + batch * kImage;
    for (int32_t g = 0; g < P::kGroups; ++g, group += P::kFilterChannels) {
      for (int32_t c = 0; c < P::kOutputChannels / P::kGroups; ++c) {
        const int32_t bias = channel[kInside ? 0 : P::kEdgeBias];
        const int32_t sum = conv_2d_s8_ref_parts::window_sum<P, kInside>(group, y, x, filter);
        *output++ = requantize_s8<P>(bias + sum, channel[1], channel[2]);
        filter += P::kFilterHeight * P::kFilterWidth * P::kFilterChannels;
        channel += P::kChannelRecord;
      }
    }
  });
}

}  // namespace profiler::kernels
