// LOGISTIC, int16, for every core: samples of the function, interpolated as TFLite does it. Safe in place.
#pragma once

#include <stdint.h>

#include "kernels/common/sigmoid_s16.h"

namespace profiler::kernels {

// samples: sigmoid(i / 24) in Q0.16. P: kCount, kMultiplier, kShift. Outputs are Q0.15.
template <typename P>
inline void logistic_s16_ref(const int16_t* input, const uint16_t* samples, int16_t* output) {
  using namespace sigmoid_s16_parts;
  for (int32_t i = 0; i < P::kCount; ++i) {
    const int32_t x = scaled<P>(input[i]);
    const int32_t of_magnitude = interpolated<9>(x < 0 ? -x : x, samples, 0x7fff << 10);
    const int32_t result = x < 0 ? (1 << 25) - of_magnitude - 1 : of_magnitude;
    output[i] = static_cast<int16_t>((result + (1 << 9)) >> 10);
  }
}

}  // namespace profiler::kernels
