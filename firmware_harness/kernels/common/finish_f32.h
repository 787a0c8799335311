// From a sum of products to a float32 output: the last step of convolutions and fully connected layers.
#pragma once

#include "kernels/common/clamp_f32.h"

namespace profiler::kernels {

// Scales a sum over int8 weights, adds the bias and applies the fused activation. *channel is at the channel's bias,
// which the scale follows if there is one; it is moved to the next channel. P: kScaledWeights and those of clamp_f32.
template <typename P>
inline float finish_f32(float sum, const float** channel) {
  const float bias = *(*channel)++;
  if constexpr (P::kScaledWeights) {
    sum *= *(*channel)++;
  }
  return clamp_f32<P>(sum + bias);
}

}  // namespace profiler::kernels
