// Time since start-up, from the cycle counter.
#pragma once

#include <stdint.h>

namespace profiler::timer {

// Cycles since start-up. Must be called at least once in 2^32 cycles (20 s at 200 MHz) to notice every wrap.
uint64_t cycles();

// Whole microseconds in that many cycles of the core clock.
uint64_t microseconds(uint64_t cycles);

}  // namespace profiler::timer
