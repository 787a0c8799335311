#include "runtime/text.h"

#include "bsp/bsp.h"
#include "runtime/arithmetic.h"
#include "runtime/crc.h"

namespace profiler::text {
namespace {

uint32_t running_crc;

char hex_digit(uint32_t nibble) { return static_cast<char>(nibble < 10 ? '0' + nibble : 'a' + nibble - 10); }

}  // namespace

void put_char(char character) {
  running_crc = crc::update(running_crc, static_cast<uint8_t>(character));
  bsp::uart_write(static_cast<uint8_t>(character));
}

void put(const char* text) {
  while (*text != '\0') put_char(*text++);
}

void put_unsigned(uint64_t value) {
  char digits[20];
  uint32_t count = 0;
  do {
    uint32_t digit;
    value = divide(value, 10, &digit);
    digits[count++] = static_cast<char>('0' + digit);
  } while (value != 0);
  while (count != 0) put_char(digits[--count]);
}

void put_hex(uint32_t value) {
  for (int shift = 28; shift >= 0; shift -= 4) put_char(hex_digit((value >> shift) & 0xF));
}

void put_hex_byte(uint8_t value) {
  put_char(hex_digit(value >> 4));
  put_char(hex_digit(value & 0xF));
}

void put_bytes(const uint8_t* bytes, uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) put_hex_byte(bytes[i]);
}

void begin_check(uint32_t crc_state) { running_crc = crc_state; }

uint32_t check_state() { return running_crc; }

void end_line() { put("\r\n"); }

}  // namespace profiler::text
