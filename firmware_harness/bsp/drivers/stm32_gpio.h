// GPIO port of STM32 F4, F7, L4, H7, U5, G0: MODER, OSPEEDR, PUPDR, AFRL/AFRH. RM0432 8.4 and its sisters.
#pragma once

#include "bsp/registers.h"

namespace profiler::bsp::gpio {

constexpr uint32_t kModer = 0x00;
constexpr uint32_t kPupdr = 0x0C;
constexpr uint32_t kAfrl = 0x20;

// Gives a pin to a peripheral: alternate function mode (MODER = 10), pulled up (PUPDR = 01: an open line idles high).
inline void use_alternate_function(uint32_t port_base, uint32_t pin, uint32_t function) {
  set_field(port_base + kPupdr, 3u << (2 * pin), 1u << (2 * pin));
  const uint32_t shift = 4 * (pin % 8);
  set_field(port_base + kAfrl + 4 * (pin / 8), 0xFu << shift, function << shift);
  set_field(port_base + kModer, 3u << (2 * pin), 2u << (2 * pin));
}

}  // namespace profiler::bsp::gpio
