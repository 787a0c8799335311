// db load, db HEX, db print, dbb.
#include "runtime/commands.h"
#include "runtime/input.h"
#include "runtime/text.h"
#include "runtime/transfer.h"

namespace profiler::commands {
namespace {

void load(Words& words) {
  uint32_t bytes;
  if (!words.has_more()) {
    text::put("e-[Command 'db load' requires the # of bytes]\r\n");
  } else if (!words.next_number(&bytes) || bytes != input::expected_bytes()) {
    text::put("e-[Command 'db load' must be the input's size, bytes: ");
    text::put_unsigned(input::expected_bytes());
    text::put("]\r\n");
  } else {
    input::begin();
    text::put("m-[Expecting ");
    text::put_unsigned(bytes);
    text::put(" bytes]\r\n");
  }
}

void store(const char* digits) {
  bool odd = false;
  for (const char* digit = digits; *digit != '\0'; ++digit) odd = !odd;
  if (odd) {
    text::put("e-[Insufficent number of hex digits]\r\n");  // the word as the reference spells it
    return;
  }
  if (input::state() != input::State::kLoading) {
    text::put("e-[No load in progress: 'db load' first]\r\n");
    return;
  }
  for (; *digits != '\0' && input::state() == input::State::kLoading; digits += 2) {
    const int high = hex_value(digits[0]);
    const int low = hex_value(digits[1]);
    if (high < 0 || low < 0) {
      const char pair[] = {digits[0], digits[1], '\0'};
      text::put("e-[Invalid hex digit '");
      text::put(pair);
      text::put("']\r\n");
      return;
    }
    input::take(static_cast<uint8_t>(high << 4 | low));
  }
  if (input::state() == input::State::kLoaded) text::put("m-load-done\r\n");
}

void print() {
  constexpr uint32_t kPerLine = 8;
  const uint32_t count = input::state() == input::State::kEmpty ? 0 : input::expected_bytes();
  for (uint32_t i = 0; i < count; ++i) {
    text::put(i % kPerLine == 0 ? "m-buffer-" : "-");
    text::put_hex_byte(input::at(i));
    if ((i + 1) % kPerLine == 0 || i + 1 == count) text::end_line();
  }
}

}  // namespace

void db(Words& words) {
  if (!words.has_more()) {
    text::put("e-[Command 'db' requires a subcommand]\r\n");
    return;
  }
  const char* word = words.next();
  if (equal(word, "load")) {
    load(words);
  } else if (equal(word, "print")) {
    print();
  } else {
    store(word);
  }
}

// A chunk whose answer was lost may be sent again: OFFSET may lie before what was received, never beyond.
void dbb(Words& words) {
  uint32_t offset;
  uint32_t count;
  uint32_t expected_crc;
  if (input::state() != input::State::kLoading && input::state() != input::State::kLoaded) {
    text::put("e-[No load in progress: 'db load' first]\r\n");
    return;
  }
  if (!words.next_number(&offset) || !words.next_number(&count) || !words.next_hex(&expected_crc) || count == 0 ||
      offset > input::received_bytes() || count > input::expected_bytes() - offset) {
    text::put("e-[Command 'dbb' requires OFFSET, COUNT and CRC of bytes within the input, received: ");
    text::put_unsigned(input::received_bytes());
    text::put("]\r\n");
    return;
  }
  transfer::begin(offset, count, expected_crc);
  text::put("m-[Expecting ");
  text::put_unsigned(count);
  text::put(" raw bytes]\r\n");
}

}  // namespace profiler::commands
