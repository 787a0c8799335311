// The fused activation of float32 kernels.
#pragma once

namespace profiler::kernels {

// P: kClamps, kOutputMin, kOutputMax. NaN stays NaN, as in TFLite.
template <typename P>
inline float clamp_f32(float value) {
  if constexpr (P::kClamps) {
    const float at_least = value < P::kOutputMin ? P::kOutputMin : value;
    return at_least > P::kOutputMax ? P::kOutputMax : at_least;
  } else {
    return value;
  }
}

}  // namespace profiler::kernels
