// DEPTHWISE_CONV_2D, int16 with int8 weights, for every core. kLanes is 1 with a depth multiplier.
#pragma once

#include <stdint.h>

#include "kernels/common/requantize_s16.h"
#include "kernels/depthwise_conv_2d/window_sums.h"

namespace profiler::kernels {

// channels: per output channel what requantize_s16.h reads.
template <typename P>
inline void depthwise_conv_2d_s16_ref(const int16_t* input, const int8_t* weights, const int32_t* channels,
                                      int16_t* output) {
  constexpr int32_t kImage = P::kInputHeight * P::kInputWidth * P::kInputChannels;
  for_each_window<P>([&](int32_t batch, int32_t y, int32_t x, auto position) {
    const int8_t* filters = weights;
    const int32_t* record = channels;
    const int16_t* channel = input + batch * kImage;
    for (int32_t c = 0; c < P::kInputChannels; c += P::kLanes, channel += P::kLanes) {
      for (int32_t m = 0; m < P::kDepthMultiplier; ++m) {
        const auto lanes = depthwise_window_sums<P, decltype(position)::value, SumOf<P>>(channel, y, x, filters);
        output = store_lanes_s16<P>(lanes, &record, output);
        filters += P::kFilterHeight * P::kFilterWidth * P::kLanes;
      }
    }
  });
}

}  // namespace profiler::kernels
