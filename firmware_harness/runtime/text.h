// Text to the serial port: the few forms the protocol needs, without printf.
#pragma once

#include <stdint.h>

namespace profiler::text {

void put_char(char character);
void put(const char* text);
void put_unsigned(uint64_t value);
void put_hex(uint32_t value);                          // eight lower-case digits
void put_hex_byte(uint8_t value);                      // two lower-case digits
void put_bytes(const uint8_t* bytes, uint32_t count);  // two lower-case digits each, nothing between
void end_line();                                       // \r\n

// From here on a CRC is kept over everything put, continuing from a state of crc.h.
void begin_check(uint32_t crc_state);
uint32_t check_state();

}  // namespace profiler::text
