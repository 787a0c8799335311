// TANH, int16, for every core: 2 sigmoid(2 x) - 1 out of samples, interpolated as TFLite does it. Safe in place.
#pragma once

#include <stdint.h>

#include "kernels/common/sigmoid_s16.h"

namespace profiler::kernels {

// samples: sigmoid(i / 24) in Q0.16. P: kCount, kMultiplier, kShift. Outputs are Q0.15.
template <typename P>
inline void tanh_s16_ref(const int16_t* input, const uint16_t* samples, int16_t* output) {
  using namespace sigmoid_s16_parts;
  for (int32_t i = 0; i < P::kCount; ++i) {
    const int32_t x = scaled<P>(input[i]);
    const int32_t of_magnitude = interpolated<8>(x < 0 ? -x : x, samples, 0xffff << 8) - (1 << 23);
    const int32_t result = x < 0 ? -of_magnitude - 1 : of_magnitude;
    output[i] = static_cast<int16_t>((result + (1 << 7)) >> 8);
  }
}

}  // namespace profiler::kernels
