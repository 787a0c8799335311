// QUANTIZE from float32 to int8, for every core. Safe in place: an output byte never lies behind the float it is from.
#pragma once

#include <stdint.h>

#include "kernels/common/fixed_point.h"

namespace profiler::kernels {

namespace quantize_f32_ref_parts {

// Nearest integer, halves away from zero. Precondition: |value| < 2^24.
inline int32_t round_half_away(float value) {
  const int32_t whole = static_cast<int32_t>(value);
  const float rest = value - static_cast<float>(whole);
  return whole + (rest >= 0.5f) - (rest <= -0.5f);
}

}  // namespace quantize_f32_ref_parts

// P: kCount, kScale, kZeroPoint.
template <typename P>
inline void quantize_f32_ref(const float* input, int8_t* output) {
  constexpr float kFar = 512.0f;  // saturates whatever the zero point, and is safe to convert
  for (int32_t i = 0; i < P::kCount; ++i) {
    float steps = input[i] / P::kScale;
    steps = steps < kFar ? steps : kFar;
    steps = steps > -kFar ? steps : -kFar;
    const int32_t value = quantize_f32_ref_parts::round_half_away(steps) + P::kZeroPoint;
    output[i] = static_cast<int8_t>(clamp(value, INT8_MIN, INT8_MAX));
  }
}

}  // namespace profiler::kernels
