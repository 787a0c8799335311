// exp() in float32 without libm: newlib's computes in double precision, which most Cortex-M have to emulate.
#pragma once

#include <stdint.h>
#include <string.h>

namespace profiler::kernels {

inline float power_of_two(int32_t exponent) {  // exponent in [-126, 127]
  const uint32_t bits = static_cast<uint32_t>(exponent + 127) << 23;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

// e^x - 1 for x in [-ln(2)/2, ln(2)/2], to about one unit in the last place. The polynomial is that of the Cephes
// library's expf (S. Moshier).
inline float exp_minus_1_near_0(float x) {
  float p = 1.9875691500e-4f;
  p = p * x + 1.3981999507e-3f;
  p = p * x + 8.3334519073e-3f;
  p = p * x + 4.1665795894e-2f;
  p = p * x + 1.6666665459e-1f;
  p = p * x + 5.0000001201e-1f;
  return p * x * x + x;
}

// e^x for x <= 88, to about one unit in the last place; 0 where the result is below the smallest float. The split of
// ln(2) is that of Cephes too.
inline float exp_f32(float x) {
  if (!(x > -104.0f)) {
    return x != x ? x : 0.0f;
  }
  const int32_t n = static_cast<int32_t>(x * 1.44269504088896341f + (x < 0.0f ? -0.5f : 0.5f));
  float r = x - static_cast<float>(n) * 0.693359375f;
  r -= static_cast<float>(n) * -2.12194440e-4f;
  const float mantissa = exp_minus_1_near_0(r) + 1.0f;
  if (n < -126) {  // in two steps, so that results below the normal range round once
    return mantissa * power_of_two(n + 64) * power_of_two(-64);
  }
  return mantissa * power_of_two(n);
}

}  // namespace profiler::kernels
