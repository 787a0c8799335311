// What every board support package offers. One `bsp/<family>/bsp.cc` implements it; nothing else touches a
// peripheral of the part. Board constants come from the generated header `board_config.h`.
#pragma once

#include <stdint.h>

namespace profiler::bsp {

// Clock tree to the board's rated maximum, flash wait states, caches and prefetch on, UART ready.
void initialize();

// Blocks until the byte is taken by the transmitter.
void uart_write(uint8_t byte);

// True and `*byte` set when one was received; never blocks.
bool uart_read(uint8_t* byte);

}  // namespace profiler::bsp
