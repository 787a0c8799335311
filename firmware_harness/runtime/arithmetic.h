// 64-bit division by a small number. libgcc's general one costs more flash than the whole command parser.
#pragma once

#include <stdint.h>

namespace profiler {

// value / divisor, for a divisor below 2^16; the rest goes to *remainder.
inline uint64_t divide(uint64_t value, uint32_t divisor, uint32_t* remainder) {
  uint32_t rest = 0;
  uint64_t quotient = 0;
  for (int shift = 48; shift >= 0; shift -= 16) {
    const uint32_t part = (rest << 16) | (static_cast<uint32_t>(value >> shift) & 0xFFFF);
    quotient = (quotient << 16) | (part / divisor);
    rest = part % divisor;
  }
  *remainder = rest;
  return quotient;
}

}  // namespace profiler
