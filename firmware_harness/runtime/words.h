// A command, word by word.
#pragma once

#include <stdint.h>

namespace profiler {

class Words {
 public:
  // Splits `text` in place.
  explicit Words(char* text) : rest_(text) {}

  // The next word, or an empty one when there is no more.
  const char* next();

  // The next word as a decimal number below 2^31. False when it is not one.
  bool next_number(uint32_t* value);

  // The next word as exactly eight hexadecimal digits. False when it is not that.
  bool next_hex(uint32_t* value);

  // What is left of the text.
  const char* rest() const { return rest_; }

  bool has_more();

 private:
  char* rest_;
};

// Whether two texts are the same. libc's strcmp is tuned for speed and takes 730 bytes of flash.
bool equal(const char* left, const char* right);

// The value of a hexadecimal digit, or -1.
int hex_value(char digit);

}  // namespace profiler
