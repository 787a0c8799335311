#pragma once

#include <stdint.h>

namespace profiler {

// The core's CPUID register: implementer, part number and revision. 0: no silicon.
uint32_t core_id();

}  // namespace profiler
