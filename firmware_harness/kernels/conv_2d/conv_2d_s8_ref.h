// CONV_2D, int8, for every core. Weights are packed by kLanes filters: row, column, input channel, filter.
#pragma once

#include <stdint.h>

#include "kernels/conv_2d/window_sums.h"

namespace profiler::kernels {

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
        const auto lanes = conv_2d_window_sums<P, kInside, int32_t>(group, y, x, filters);
        output = store_lanes<P>(lanes, &channel, kInside ? 0 : P::kEdgeBias, output);
        filters += P::kFilterHeight * P::kFilterWidth * P::kFilterChannels * P::kLanes;
      }
    }
  });
}

}  // namespace profiler::kernels
