// DEQUANTIZE from int8 to float32, for every core. The product of a float32 and nine bits rounds once, so this equals
// TFLite's product in double precision.
#pragma once

#include <stdint.h>

namespace profiler::kernels {

// P: kCount, kScale, kZeroPoint.
template <typename P>
inline void dequantize_s8_ref(const int8_t* input, float* output) {
  for (int32_t i = 0; i < P::kCount; ++i) {
    output[i] = P::kScale * static_cast<float>(input[i] - P::kZeroPoint);
  }
}

}  // namespace profiler::kernels
