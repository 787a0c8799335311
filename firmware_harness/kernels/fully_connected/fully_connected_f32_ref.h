// FULLY_CONNECTED, float32, for every core. Sums run in the order of TFLite's reference kernel. Weights are float32, or
// int8 that become float32 as they are read.
#pragma once

#include <stdint.h>

#include "kernels/common/finish_f32.h"

namespace profiler::kernels {

// channels: per output the bias and, for int8 weights, their scale.
template <typename P, typename Weight>
inline void fully_connected_f32_ref(const float* input, const Weight* weights, const float* channels, float* output) {
  for (int32_t batch = 0; batch < P::kBatches; ++batch) {
    const Weight* row = weights;
    const float* channel = channels;
    for (int32_t out = 0; out < P::kOutputs; ++out) {
      float sum = 0.0f;
      for (int32_t i = 0; i < P::kInputs; ++i) {
        sum += input[i] * static_cast<float>(row[i]);
      }
      *output++ = finish_f32<P>(sum, &channel);
      row += P::kInputs;
    }
    input += P::kInputs;
  }
}

}  // namespace profiler::kernels
