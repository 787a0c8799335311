// Level-1 caches of the Cortex-M7. Their content is undefined after reset: invalidate first, then enable.
// Registers: Armv7-M ARM, cache maintenance operations and cache identification.
#pragma once

#include "bsp/registers.h"

namespace profiler::bsp {

constexpr uint32_t kScbCcr = 0xE000ED14;
constexpr uint32_t kCcrDataCache = 1u << 16;
constexpr uint32_t kCcrInstructionCache = 1u << 17;
constexpr uint32_t kScbCcsidr = 0xE000ED80;  // [27:13] sets - 1, [12:3] ways - 1, [2:0] log2(words of a line) - 2
constexpr uint32_t kScbCsselr = 0xE000ED84;  // 0: level-1 data cache
constexpr uint32_t kScbIciallu = 0xE000EF50;
constexpr uint32_t kScbDcisw = 0xE000EF60;   // invalidate; way in the top bits, set from bit 5 (lines of 32 bytes)
constexpr uint32_t kScbDccisw = 0xE000EF74;  // clean and invalidate, likewise

inline void barrier() { __asm volatile("dsb\n isb" ::: "memory"); }

[[gnu::always_inline]] inline void each_data_cache_line(uint32_t operation) {
  reg(kScbCsselr) = 0;
  barrier();
  const uint32_t geometry = reg(kScbCcsidr);
  const uint32_t last_set = (geometry >> 13) & 0x7FFF;
  const uint32_t last_way = (geometry >> 3) & 0x3FF;
  const uint32_t way_shift = last_way == 0 ? 0 : static_cast<uint32_t>(__builtin_clz(last_way));
  for (uint32_t set = 0; set <= last_set; ++set) {
    for (uint32_t way = 0; way <= last_way; ++way) reg(operation) = (way << way_shift) | (set << 5);
  }
  barrier();
}

inline void enable_level1_caches() {
  reg(kScbIciallu) = 0;
  barrier();
  set_bits(kScbCcr, kCcrInstructionCache);
  barrier();

  each_data_cache_line(kScbDcisw);
  set_bits(kScbCcr, kCcrDataCache);
  barrier();
}

// Of those that are on. Afterwards nothing depends on what they held.
inline void empty_level1_caches() {
  const uint32_t on = reg(kScbCcr);
  barrier();
  if ((on & kCcrInstructionCache) != 0) reg(kScbIciallu) = 0;
  if ((on & kCcrDataCache) != 0) each_data_cache_line(kScbDccisw);
  barrier();
}

inline void disable_instruction_cache() {
  barrier();
  set_field(kScbCcr, kCcrInstructionCache, 0);
  reg(kScbIciallu) = 0;
  barrier();
}

// What only the cache holds is written back after it was switched off, so that nothing gets into it meanwhile.
inline void disable_data_cache() {
  barrier();
  set_field(kScbCcr, kCcrDataCache, 0);
  barrier();
  each_data_cache_line(kScbDccisw);
}

}  // namespace profiler::bsp
