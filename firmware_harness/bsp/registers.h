// Access to peripheral registers by address. Every access is exactly one 32-bit load or store.
#pragma once

#include <stdint.h>

namespace profiler::bsp {

inline volatile uint32_t& reg(uint32_t address) { return *reinterpret_cast<volatile uint32_t*>(address); }

inline void set_bits(uint32_t address, uint32_t bits) { reg(address) = reg(address) | bits; }

// Switches the clock of peripherals on. They may be touched only some cycles later: the read back takes that long.
inline void enable_clock(uint32_t address, uint32_t bits) {
  set_bits(address, bits);
  [[maybe_unused]] const uint32_t settled = reg(address);
}

// Read-modify-write of one field, so that ready bits and reserved bits keep their values.
inline void set_field(uint32_t address, uint32_t mask, uint32_t value) {
  reg(address) = (reg(address) & ~mask) | value;
}

inline void wait_until(uint32_t address, uint32_t mask, uint32_t value) {
  while ((reg(address) & mask) != value) {
  }
}

}  // namespace profiler::bsp
