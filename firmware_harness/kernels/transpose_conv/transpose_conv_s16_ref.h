// TRANSPOSE_CONV, int16 with int8 weights, for every core.
#pragma once

#include <stdint.h>

#include "kernels/common/requantize_s16.h"
#include "kernels/transpose_conv/reach_sums.h"

namespace profiler::kernels {

// channels: per output channel what requantize_s16.h reads.
template <typename P>
inline void transpose_conv_s16_ref(const int16_t* input, const int8_t* weights, const int32_t* channels,
                                   int16_t* output) {
  constexpr int32_t kImage = P::kInputHeight * P::kInputWidth * P::kInputChannels;
  for_each_output<P>([&](int32_t batch, int32_t y, int32_t x, Reach rows, Reach columns) {
    const int8_t* filters = weights;
    const int32_t* channel = channels;
    for (int32_t c = 0; c < P::kOutputChannels; c += P::kLanes) {
      const auto lanes = reach_sums<P, SumOf<P>>(input + batch * kImage, y, x, rows, columns, filters);
      output = store_lanes_s16<P>(lanes, &channel, output);
      filters += P::kFilterHeight * P::kFilterWidth * P::kInputChannels * P::kLanes;
    }
  });
}

}  // namespace profiler::kernels
