// DEPTHWISE_CONV_2D, int8, for every core. Weights are packed by kLanes channels: row, column, channel.
#pragma once

#include <stdint.h>

#include "kernels/common/lanes.h"
#include "kernels/common/window.h"

namespace profiler::kernels {

namespace depthwise_conv_2d_s8_ref_parts {

// Sums weight * (input - zero point) over the taps of neighbouring channels; `input` is at the first of them. Windows
// inside the input take the input as it is: what the zero point adds to them is in the folded bias.
template <typename P, bool kInside>
inline Lanes<P::kLanes> window_sums(const int8_t* input, int32_t y, int32_t x, const int8_t* weights) {
  constexpr int32_t kOffset = kInside ? 0 : -P::kInputZeroPoint;
  Taps rows, columns;
  taps_of_window<P, kInside>(y, x, &rows, &columns);
  Lanes<P::kLanes> lanes;
  for (int32_t ky = rows.first; ky < rows.end; ++ky) {
    const int32_t pixel = (y + ky * P::kDilationHeight) * P::kInputWidth + x + columns.first * P::kDilationWidth;
    const int8_t* tap = input + pixel * P::kInputChannels;
    const int8_t* tap_weights = weights + (ky * P::kFilterWidth + columns.first) * P::kLanes;
    for (int32_t kx = columns.first; kx < columns.end; ++kx) {
      accumulate_own<kOffset>(&lanes, tap, tap_weights);
      tap += P::kDilationWidth * P::kInputChannels;
      tap_weights += P::kLanes;
    }
  }
  return lanes;
}

}  // namespace depthwise_conv_2d_s8_ref_parts

// channels: per output channel folded bias, multiplier, shift and, where windows hang over an edge, plain bias (at
// kEdgeBias of the record; the same as the folded one when the zero point is 0). kLanes is 1 with a depth multiplier.
template <typename P>
inline void depthwise_conv_2d_s8_ref(const int8_t* input, const int8_t* weights, const int32_t* channels,
                                     int8_t* output) {
  constexpr int32_t kImage = P::kInputHeight * P::kInputWidth * P::kInputChannels;
  for_each_window<P>([&](int32_t batch, int32_t y, int32_t x, auto position) {
    constexpr bool kInside = decltype(position)::value;
    const int8_t* filters = weights;
    const int32_t* record = channels;
    const int8_t* channel = input + batch * kImage;
    for (int32_t c = 0; c < P::kInputChannels; c += P::kLanes, channel += P::kLanes) {
      for (int32_t m = 0; m < P::kDepthMultiplier; ++m) {
        const auto lanes = depthwise_conv_2d_s8_ref_parts::window_sums<P, kInside>(channel, y, x, filters);
        output = store_lanes<P>(lanes, &record, kInside ? 0 : P::kEdgeBias, output);
        filters += P::kFilterHeight * P::kFilterWidth * P::kLanes;
      }
    }
  });
}

}  // namespace profiler::kernels
