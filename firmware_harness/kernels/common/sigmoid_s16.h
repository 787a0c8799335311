// Where an int16 lies among 256 samples of the sigmoid function, as TFLite's int16 LOGISTIC and TANH find it.
#pragma once

#include <stdint.h>

namespace profiler::kernels {

namespace sigmoid_s16_parts {

constexpr int32_t kLastSample = 255;

// The input in steps of 1/12288, rounded half up. P: kMultiplier, kShift.
template <typename P>
inline int32_t scaled(int32_t value) {
  constexpr int32_t kRounding = P::kShift > 0 ? int32_t{1} << (P::kShift - 1) : 0;
  return (value * P::kMultiplier + kRounding) >> P::kShift;
}

// The sigmoid at a magnitude, as Q0.(16 + kBits): kBits are those of a position between two samples. `saturated` beyond
// the last sample.
template <int32_t kBits>
inline int32_t interpolated(int32_t magnitude, const uint16_t* samples, int32_t saturated) {
  const int32_t index = magnitude >> kBits;
  if (index >= kLastSample) {
    return saturated;
  }
  const int32_t sample = samples[index];
  return (sample << kBits) + (magnitude & ((1 << kBits) - 1)) * (samples[index + 1] - sample);
}

}  // namespace sigmoid_s16_parts

}  // namespace profiler::kernels
