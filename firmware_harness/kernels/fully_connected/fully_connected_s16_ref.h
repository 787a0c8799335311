// FULLY_CONNECTED, int16 with int8 weights, for every core. Weights are packed by kLanes outputs: input, output.
#pragma once

#include <stdint.h>

#include "kernels/common/requantize_s16.h"

namespace profiler::kernels {

// channels: per output what requantize_s16.h reads.
template <typename P>
inline void fully_connected_s16_ref(const int16_t* input, const int8_t* weights, const int32_t* channels,
                                    int16_t* output) {
  for (int32_t batch = 0; batch < P::kBatches; ++batch, input += P::kInputs) {
    const int8_t* rows = weights;
    const int32_t* channel = channels;
    for (int32_t out = 0; out < P::kOutputs; out += P::kLanes) {
      Lanes<P::kLanes, SumOf<P>> lanes;
      accumulate_shared<0>(&lanes, input, rows, P::kInputs);
      output = store_lanes_s16<P>(lanes, &channel, output);
      rows += P::kInputs * P::kLanes;
    }
  }
}

}  // namespace profiler::kernels
