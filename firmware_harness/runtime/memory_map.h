// Boundaries the linker script defines. Only their addresses mean anything.
#pragma once

#include <stdint.h>

extern "C" {
extern uint32_t __data_begin[], __data_end[], __data_load[];
extern uint32_t __bss_begin[], __bss_end[];
extern uint8_t __arena_start[], __arena_end[];
extern uint32_t __stack_limit[], __stack_top[];
extern uint8_t __free_ram_start[], __free_ram_end[];
}

namespace profiler {

// What start-up fills the free stack with; not a value a pointer or a small number takes.
constexpr uint32_t kStackPattern = 0xC0DE57AC;

}  // namespace profiler
