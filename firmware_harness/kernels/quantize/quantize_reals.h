// QUANTIZE from float32. Safe in place: an output never lies behind the float it is from.
#pragma once

#include <stdint.h>

#include "kernels/common/fixed_point.h"

namespace profiler::kernels {

namespace quantize_reals_parts {

// Nearest integer, halves away from zero. Precondition: |value| < 2^24.
inline int32_t round_half_away(float value) {
  const int32_t whole = static_cast<int32_t>(value);
  const float rest = value - static_cast<float>(whole);
  return whole + (rest >= 0.5f) - (rest <= -0.5f);
}

}  // namespace quantize_reals_parts

// P: kCount, kScale, kZeroPoint, kOutputMin, kOutputMax.
template <typename P, typename T>
inline void quantize_reals(const float* input, T* output) {
  constexpr float kFar = 2.0f * (P::kOutputMax - P::kOutputMin);  // saturates whatever the zero point is
  for (int32_t i = 0; i < P::kCount; ++i) {
    float steps = input[i] / P::kScale;
    steps = steps < kFar ? steps : kFar;
    steps = steps > -kFar ? steps : -kFar;
    const int32_t value = quantize_reals_parts::round_half_away(steps) + P::kZeroPoint;
    output[i] = static_cast<T>(clamp(value, P::kOutputMin, P::kOutputMax));
  }
}

}  // namespace profiler::kernels
