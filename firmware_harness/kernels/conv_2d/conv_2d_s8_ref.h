// CONV_2D, int8, for every core. Weights are packed by kLanes filters: row, column, input channel, filter.
#pragma once

#include <stdint.h>

#include "kernels/common/lanes.h"
#include "kernels/common/window.h"

namespace profiler::kernels {

namespace conv_2d_s8_ref_parts {

// Sums weight * (input - zero point) over the window at (y, x) of one image for the filters at `weights`; `input` is at
// their first channel. Windows inside the input take the input as it is: what the zero point adds to them is in the
// folded bias.
template <typename P, bool kInside>
inline Lanes<P::kLanes> window_sums(const int8_t* input, int32_t y, int32_t x, const int8_t* weights) {
  constexpr int32_t kOffset = kInside ? 0 : -P::kInputZeroPoint;
  constexpr int32_t kTap = P::kFilterChannels * P::kLanes;  // weights of one tap
  Taps rows, columns;
  taps_of_window<P, kInside>(y, x, &rows, &columns);
  Lanes<P::kLanes> lanes;
  for (int32_t ky = rows.first; ky < rows.end; ++ky) {
    const int8_t* row = input + (y + ky * P::kDilationHeight) * (P::kInputWidth * P::kInputChannels);
    const int8_t* row_weights = weights + ky * (P::kFilterWidth * kTap);
    if constexpr (P::kRowsAreRuns) {  // the taps of a row are neighbours in memory
      accumulate_shared<kOffset>(&lanes, row + (x + columns.first) * P::kInputChannels,
                                 row_weights + columns.first * kTap,
                                 (columns.end - columns.first) * P::kFilterChannels);
    } else {
      for (int32_t kx = columns.first; kx < columns.end; ++kx) {
        accumulate_shared<kOffset>(&lanes, row + (x + kx * P::kDilationWidth) * P::kInputChannels,
                                   row_weights + kx * kTap, P::kFilterChannels);
      }
    }
  }
  return lanes;
}

}  // namespace conv_2d_s8_ref_parts

// channels: per output channel folded bias, multiplier, shift and, where windows hang over an edge, plain bias (at
// kEdgeBias of the record; the same as the folded one when the zero point is 0).
template <typename P>
inline void conv_2d_s8_ref(const int8_t* input, const int8_t* weights, const int32_t* channels, int8_t* output) {
  constexpr int32_t kImage = P::kInputHeight * P::kInputWidth * P::kInputChannels;
  for_each_window<P>([&](int32_t batch, int32_t y, int32_t x, auto position) {
    constexpr bool kInside = decltype(position)::value;
    const int8_t* filters = weights;
    const int32_t* channel = channels;
    const int8_t* group = input + batch * kImage;
    for (int32_t g = 0; g < P::kGroups; ++g, group += P::kFilterChannels) {
      for (int32_t c = 0; c < P::kOutputChannels / P::kGroups; c += P::kLanes) {
        const auto lanes = conv_2d_s8_ref_parts::window_sums<P, kInside>(group, y, x, filters);
        output = store_lanes<P>(lanes, &channel, kInside ? 0 : P::kEdgeBias, output);
        filters += P::kFilterHeight * P::kFilterWidth * P::kFilterChannels * P::kLanes;
      }
    }
  });
}

}  // namespace profiler::kernels
