// LOGISTIC, int16, for every core. Safe in place.
#pragma once

#include <stdint.h>

#include "kernels/common/sigmoid_s16.h"

namespace profiler::kernels {

// samples: sigmoid(i / 24) in Q0.16. P: kCount, kMultiplier, kShift. Outputs are Q0.15.
template <typename P>
inline void logistic_s16_ref(const int16_t* input, const uint16_t* samples, int16_t* output) {
  for (int32_t i = 0; i < P::kCount; ++i) {
    output[i] = logistic_s16(sigmoid_steps<P::kMultiplier, P::kShift>(input[i]), samples);
  }
}

}  // namespace profiler::kernels
