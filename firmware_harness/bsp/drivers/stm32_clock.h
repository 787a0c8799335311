// Steps that start-up takes on every STM32. Which registers and bits they are is the family's; see its bsp.cc.
#pragma once

#include "board_config.h"
#include "bsp/registers.h"

namespace profiler::bsp::clock {

// Switches on what takes its time: an oscillator, a PLL, a voltage. It is there once `ready` is set in the same
// register.
inline void switch_on(uint32_t address, uint32_t on, uint32_t ready) {
  set_bits(address, on);
  wait_until(address, ready, ready);
}

// Flash latency reads back what was written once the flash has taken it over: not before may the clock rise.
inline void set_flash_latency(uint32_t acr, uint32_t mask) {
  set_field(acr, mask, PROFILER_FLASH_WAIT_CYCLES);
  wait_until(acr, mask, PROFILER_FLASH_WAIT_CYCLES);
}

// SW at bit 0 selects the system clock; SWS, right behind it, has the same value once the switch is done.
inline void select_system_clock(uint32_t cfgr, uint32_t width, uint32_t source) {
  const uint32_t mask = (1u << width) - 1;
  set_field(cfgr, mask, source);
  wait_until(cfgr, mask << width, source << width);
}

}  // namespace profiler::bsp::clock
