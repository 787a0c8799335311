// The core's cycle counter: DWT CYCCNT where there is one, SysTick extended in software elsewhere (Armv6-M).
#pragma once

#include <stdint.h>

namespace profiler {

void cycle_counter_start();

// Wraps around after 2^32 cycles; differences are right across one wrap.
uint32_t cycle_counter_read();

}  // namespace profiler
