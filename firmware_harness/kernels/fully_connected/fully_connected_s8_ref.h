// FULLY_CONNECTED, int8, for every core. Weights are packed by kLanes outputs: input, output.
#pragma once

#include <stdint.h>

#include "kernels/common/lanes.h"

namespace profiler::kernels {

// channels: per output folded bias, multiplier, shift; without padding, the fold holds for every output.
template <typename P>
inline void fully_connected_s8_ref(const int8_t* input, const int8_t* weights, const int32_t* channels,
                                   int8_t* output) {
  for (int32_t batch = 0; batch < P::kBatches; ++batch, input += P::kInputs) {
    const int8_t* rows = weights;
    const int32_t* channel = channels;
    for (int32_t out = 0; out < P::kOutputs; out += P::kLanes) {
      Lanes<P::kLanes> lanes;
      accumulate_shared<0>(&lanes, input, rows, P::kInputs);
      output = store_lanes<P>(lanes, &channel, 0, output);
      rows += P::kInputs * P::kLanes;
    }
  }
}

}  // namespace profiler::kernels
