// A function of one byte as a table of its 256 results.
#pragma once

#include <stdint.h>

namespace profiler::kernels {

// table: the result for each input, in the order of its byte without sign. P: kCount. Safe in place. By fours, so that
// loads stand together, which costs most cores one cycle each instead of two.
template <typename P>
inline void look_up(const int8_t* input, const int8_t* table, int8_t* output) {
  const uint8_t* bytes = reinterpret_cast<const uint8_t*>(input);
  int32_t i = 0;
  for (; i + 4 <= P::kCount; i += 4) {
    const uint8_t a = bytes[i], b = bytes[i + 1], c = bytes[i + 2], d = bytes[i + 3];
    const int8_t of_a = table[a], of_b = table[b], of_c = table[c], of_d = table[d];
    output[i] = of_a;
    output[i + 1] = of_b;
    output[i + 2] = of_c;
    output[i + 3] = of_d;
  }
  for (; i < P::kCount; ++i) {
    output[i] = table[bytes[i]];
  }
}

}  // namespace profiler::kernels
