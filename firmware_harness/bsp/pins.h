// Pin names of board files at compile time: "PG7" (STM32), "P1.03" (nRF), "GP0" (RP2040).
#pragma once

#include <stdint.h>

namespace profiler::bsp {

struct Pin {
  uint32_t port;  // from 0: PA, P0
  uint32_t number;
};

constexpr Pin parse_pin(const char* name) {
  const bool letter = name[0] == 'P' && name[1] >= 'A';
  Pin pin{0, 0};
  if (letter) pin.port = static_cast<uint32_t>(name[1] - 'A');
  if (name[0] == 'P' && !letter) pin.port = static_cast<uint32_t>(name[1] - '0');
  for (const char* digit = name + (name[0] == 'P' && !letter ? 3 : 2); *digit != '\0'; ++digit) {
    pin.number = 10 * pin.number + static_cast<uint32_t>(*digit - '0');
  }
  return pin;
}

static_assert(parse_pin("PG7").port == 6 && parse_pin("PG7").number == 7, "");
static_assert(parse_pin("P1.03").port == 1 && parse_pin("P1.03").number == 3, "");
static_assert(parse_pin("GP12").port == 0 && parse_pin("GP12").number == 12, "");

}  // namespace profiler::bsp
