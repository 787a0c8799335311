#include "runtime/words.h"

namespace profiler {

bool Words::has_more() {
  while (*rest_ == ' ') ++rest_;
  return *rest_ != '\0';
}

const char* Words::next() {
  if (!has_more()) return rest_;
  const char* word = rest_;
  while (*rest_ != '\0' && *rest_ != ' ') ++rest_;
  if (*rest_ == ' ') *rest_++ = '\0';
  return word;
}

bool Words::next_number(uint32_t* value) {
  constexpr uint32_t kLimit = 1u << 31;
  const char* digit = next();
  if (*digit == '\0') return false;
  uint32_t number = 0;
  for (; *digit != '\0'; ++digit) {
    if (*digit < '0' || *digit > '9' || number > (kLimit - 10) / 10) return false;
    number = 10 * number + static_cast<uint32_t>(*digit - '0');
  }
  *value = number;
  return true;
}

bool Words::next_hex(uint32_t* value) {
  const char* digit = next();
  uint32_t number = 0;
  for (int i = 0; i < 8; ++i, ++digit) {
    const int nibble = hex_value(*digit);
    if (nibble < 0) return false;
    number = (number << 4) | static_cast<uint32_t>(nibble);
  }
  *value = number;
  return *digit == '\0';
}

bool equal(const char* left, const char* right) {
  while (*left == *right && *left != '\0') {
    ++left;
    ++right;
  }
  return *left == *right;
}

int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

}  // namespace profiler
