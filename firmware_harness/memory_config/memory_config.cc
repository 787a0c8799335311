// Sets the memory system up as `--memory-config` asks. Linked only where it does: in front of `runtime_main` (ld
// --wrap), after start-up has set everything to the board's best, and behind all else in flash, so that neither code
// nor constants of the model move by a byte. Registers and values are the board file's, in the generated
// memory_config.h.
#include "memory_config.h"

#include "bsp/drivers/cortex_m7_cache.h"
#include "bsp/registers.h"

namespace profiler {
namespace {

// One field of one register. It reads back what was written once the part has taken it over.
inline void set_control(uint32_t address, uint32_t mask, uint32_t value) {
  if ((bsp::reg(address) & mask) == value) return;
  if (address == bsp::kScbCcr && mask == bsp::kCcrDataCache) {
    bsp::disable_data_cache();
  } else if (address == bsp::kScbCcr && mask == bsp::kCcrInstructionCache) {
    bsp::disable_instruction_cache();
  } else {
    bsp::set_field(address, mask, value);
    bsp::wait_until(address, mask, value);
  }
}

}  // namespace
}  // namespace profiler

extern "C" {
[[noreturn]] void __real_runtime_main();

[[noreturn]] __attribute__((section(".memory_config"), flatten)) void __wrap_runtime_main() {
#define PROFILER_SET_CONTROL(address, mask, value) profiler::set_control(address, mask, value);
  PROFILER_MEMORY_CONTROLS(PROFILER_SET_CONTROL)
  __real_runtime_main();
}
}
