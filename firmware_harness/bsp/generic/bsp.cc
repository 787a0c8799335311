// No part at all: a core with memories and a PL011 UART, as the emulators have it. There is no clock tree to set up, no
// flash to wait for, and no pin to switch.
#include "bsp/bsp.h"

#include "board_config.h"
#include "bsp/drivers/pl011.h"

namespace profiler::bsp {

void initialize() { pl011::start(PROFILER_UART_BASE, PROFILER_CORE_CLOCK_HZ, PROFILER_UART_BAUD); }

void uart_write(uint8_t byte) { pl011::write(PROFILER_UART_BASE, byte); }

bool uart_read(uint8_t* byte) { return pl011::read(PROFILER_UART_BASE, byte); }

}  // namespace profiler::bsp
