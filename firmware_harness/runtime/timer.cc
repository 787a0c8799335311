#include "runtime/timer.h"

#include "board_config.h"
#include "runtime/arithmetic.h"
#include "runtime/cycle_counter.h"

namespace profiler::timer {
namespace {

constexpr uint32_t kCyclesPerMicrosecond = PROFILER_CORE_CLOCK_HZ / 1000000;
static_assert(PROFILER_CORE_CLOCK_HZ % 1000000 == 0, "the core clock must be whole megahertz");

uint64_t total;
uint32_t last;

}  // namespace

uint64_t cycles() {
  const uint32_t now = cycle_counter_read();
  total += now - last;
  last = now;
  return total;
}

uint64_t microseconds(uint64_t cycles) {
  uint32_t remainder;
  return divide(cycles, kCyclesPerMicrosecond, &remainder);
}

}  // namespace profiler::timer
