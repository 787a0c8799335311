#include "runtime/cycle_counter.h"

#include "bsp/registers.h"

namespace profiler {

using bsp::reg;

#if defined(__ARM_ARCH_6M__)

namespace {

// SysTick (Armv6-M ARM B3.3): 24 bits, counts down from RELOAD with the core clock, an interrupt at each wrap.
constexpr uint32_t kControl = 0xE000E010;
constexpr uint32_t kReload = 0xE000E014;
constexpr uint32_t kCurrent = 0xE000E018;
constexpr uint32_t kMaximum = 0x00FFFFFF;

volatile uint32_t wraps;

}  // namespace

extern "C" void SysTick_Handler() { wraps = wraps + 1; }

void cycle_counter_start() {
  reg(kReload) = kMaximum;
  reg(kCurrent) = 0;
  reg(kControl) = 7;  // CLKSOURCE = core clock, TICKINT, ENABLE
}

uint32_t cycle_counter_read() {
  uint32_t before;
  uint32_t current;
  do {  // a wrap between the two reads is seen by its interrupt
    before = wraps;
    current = reg(kCurrent);
  } while (before != wraps);
  return (before << 24) + (kMaximum - current);
}

#else

namespace {

constexpr uint32_t kDemcr = 0xE000EDFC;          // Armv7-M ARM C1.6.5: bit 24 TRCENA switches the DWT on
constexpr uint32_t kDwtControl = 0xE0001000;     // Armv7-M ARM C1.8.7: bit 0 CYCCNTENA
constexpr uint32_t kDwtCycles = 0xE0001004;      // Armv7-M ARM C1.8.8
constexpr uint32_t kDwtLockAccess = 0xE0001FB0;  // software lock of the Cortex-M7; elsewhere a write is ignored
constexpr uint32_t kUnlock = 0xC5ACCE55;

}  // namespace

void cycle_counter_start() {
  bsp::set_bits(kDemcr, 1u << 24);
  reg(kDwtLockAccess) = kUnlock;
  reg(kDwtCycles) = 0;
  bsp::set_bits(kDwtControl, 1u << 0);
}

uint32_t cycle_counter_read() { return reg(kDwtCycles); }

#endif

}  // namespace profiler
