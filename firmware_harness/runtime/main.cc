// The firmware's main loop.
#include "bsp/bsp.h"
#include "runtime/cycle_counter.h"
#include "runtime/protocol.h"
#include "runtime/timer.h"

extern "C" [[noreturn]] void runtime_main() {
  profiler::cycle_counter_start();
  profiler::protocol::start();
  for (;;) {
    uint8_t byte;
    if (profiler::bsp::uart_read(&byte)) {
      profiler::protocol::receive(byte);
    } else {
      profiler::protocol::idle();
    }
    profiler::timer::cycles();  // notices every wrap of the counter while idle
  }
}
