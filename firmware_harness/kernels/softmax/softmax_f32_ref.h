// SOFTMAX, float32, for every core. Safe in place.
#pragma once

#include <stdint.h>

#include "kernels/common/exp_f32.h"

namespace profiler::kernels {

// P: kRows, kDepth, kBeta.
template <typename P>
inline void softmax_f32_ref(const float* input, float* output) {
  for (int32_t row = 0; row < P::kRows; ++row, input += P::kDepth, output += P::kDepth) {
    float highest = input[0];
    for (int32_t c = 1; c < P::kDepth; ++c) {
      highest = highest < input[c] ? input[c] : highest;
    }
    float sum = 0.0f;
    for (int32_t c = 0; c < P::kDepth; ++c) {
      output[c] = exp_f32((input[c] - highest) * P::kBeta);
      sum += output[c];
    }
    for (int32_t c = 0; c < P::kDepth; ++c) {
      output[c] /= sum;
    }
  }
}

}  // namespace profiler::kernels
