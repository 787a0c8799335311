// FULLY_CONNECTED, int8, for every core. Weights stay in the model's order: output, input.
#pragma once

#include <stdint.h>

#include "kernels/common/requantize.h"

namespace profiler::kernels {

// channels: per output folded bias, multiplier, shift; without padding, the fold holds for every output.
template <typename P>
inline void fully_connected_s8_ref(const int8_t* input, const int8_t* weights, const int32_t* channels,
                                   int8_t* output) {
  for (int32_t batch = 0; batch < P::kBatches; ++batch) {
    const int8_t* row = weights;
    const int32_t* channel = channels;
    for (int32_t out = 0; out < P::kOutputs; ++out) {
      int32_t sum = channel[0];
      for (int32_t i = 0; i < P::kInputs; ++i) {
        sum += row[i] * input[i];
      }
      *output++ = requantize_s8<P>(sum, channel[1], channel[2]);
      row += P::kInputs;
      channel += P::kChannelRecord;
    }
    input += P::kInputs;
  }
}

}  // namespace profiler::kernels
