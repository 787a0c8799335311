#include "runtime/core_id.h"

#include "bsp/registers.h"

namespace profiler {

// Armv6-M ARM B3.2.3, Armv7-M ARM B3.2.3.
uint32_t core_id() { return bsp::reg(0xE000ED00); }

}  // namespace profiler
