// FULLY_CONNECTED, float32, for every core. Sums run in the order of TFLite's reference kernel.
#pragma once

#include <stdint.h>

#include "kernels/common/clamp_f32.h"

namespace profiler::kernels {

template <typename P>
inline void fully_connected_f32_ref(const float* input, const float* weights, const float* bias, float* output) {
  for (int32_t batch = 0; batch < P::kBatches; ++batch) {
    const float* row = weights;
    for (int32_t out = 0; out < P::kOutputs; ++out) {
      float sum = 0.0f;
      for (int32_t i = 0; i < P::kInputs; ++i) {
        sum += input[i] * row[i];
      }
      *output++ = clamp_f32<P>(sum + bias[out]);
      row += P::kInputs;
    }
    input += P::kInputs;
  }
}

}  // namespace profiler::kernels
