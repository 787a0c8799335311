// DEQUANTIZE from int16 to float32, for every core. The product of a float32 and 17 bits rounds once, so this equals
// TFLite's product in double precision.
#pragma once

#include <stdint.h>

namespace profiler::kernels {

// P: kCount, kScale, kZeroPoint.
template <typename P>
inline void dequantize_s16_ref(const int16_t* input, float* output) {
  for (int32_t i = 0; i < P::kCount; ++i) {
    output[i] = P::kScale * static_cast<float>(input[i] - P::kZeroPoint);
  }
}

}  // namespace profiler::kernels
