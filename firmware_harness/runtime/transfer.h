// Input as raw bytes with a CRC: `dbb OFFSET COUNT CRC%` is answered, then exactly COUNT bytes follow, whatever they
// are.
#pragma once

#include <stdint.h>

namespace profiler::transfer {

// After this many microseconds without a byte a transfer is given up.
constexpr uint32_t kSilenceUs = 200000;

// The next `count` bytes belong to the input, from `offset` on.
void begin(uint32_t offset, uint32_t count, uint32_t expected_crc);

bool active();

// Takes a byte. True when it ended the transfer, which was answered then.
bool take(uint8_t byte);

// To be called while no byte arrives. True when it ended the transfer, which was answered then.
bool give_up_if_silent();

}  // namespace profiler::transfer
