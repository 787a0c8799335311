// The logistic function and the hyperbolic tangent in int16, out of 256 samples of the sigmoid function that are
// interpolated as TFLite does it. Results are Q0.15.
#pragma once

#include <stdint.h>

namespace profiler::kernels {

namespace sigmoid_s16_parts {

constexpr int32_t kLastSample = 255;

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

// An int16 in steps of 1/12288, rounded half up.
template <int32_t kMultiplier, int32_t kShift>
inline int32_t sigmoid_steps(int32_t value) {
  constexpr int32_t kRounding = kShift > 0 ? int32_t{1} << (kShift - 1) : 0;
  return (value * kMultiplier + kRounding) >> kShift;
}

// The logistic function of x in steps of 1/12288. samples: sigmoid(i / 24) in Q0.16.
inline int16_t logistic_s16(int32_t x, const uint16_t* samples) {
  const int32_t of_magnitude = sigmoid_s16_parts::interpolated<9>(x < 0 ? -x : x, samples, 0x7fff << 10);
  const int32_t result = x < 0 ? (1 << 25) - of_magnitude - 1 : of_magnitude;
  return static_cast<int16_t>((result + (1 << 9)) >> 10);
}

// tanh x = 2 sigmoid(2 x) - 1 of x in steps of 1/12288, out of the same samples.
inline int16_t tanh_s16(int32_t x, const uint16_t* samples) {
  const int32_t of_magnitude = sigmoid_s16_parts::interpolated<8>(x < 0 ? -x : x, samples, 0xffff << 8) - (1 << 23);
  const int32_t result = x < 0 ? -of_magnitude - 1 : of_magnitude;
  return static_cast<int16_t>((result + (1 << 7)) >> 8);
}

}  // namespace profiler::kernels
