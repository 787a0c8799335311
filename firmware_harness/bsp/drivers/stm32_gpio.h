// GPIO port of STM32 F4, F7, L4, H7, U5, G0: MODER, PUPDR, AFRL/AFRH (RM0432, GPIO registers, and its sisters).
#pragma once

#include "board_config.h"
#include "bsp/pins.h"
#include "bsp/registers.h"

namespace profiler::bsp::gpio {

constexpr uint32_t kModer = 0x00;
constexpr uint32_t kPupdr = 0x0C;
constexpr uint32_t kAfrl = 0x20;
constexpr uint32_t kPortStride = 0x400;  // from port A to port B and so on

// Gives a pin to a peripheral: alternate function mode (MODER = 10), pulled up (PUPDR = 01: an open line idles high).
inline void use_alternate_function(uint32_t port_a_base, Pin pin, uint32_t function) {
  const uint32_t base = port_a_base + kPortStride * pin.port;
  set_field(base + kPupdr, 3u << (2 * pin.number), 1u << (2 * pin.number));
  const uint32_t shift = 4 * (pin.number % 8);
  set_field(base + kAfrl + 4 * (pin.number / 8), 0xFu << shift, function << shift);
  set_field(base + kModer, 3u << (2 * pin.number), 2u << (2 * pin.number));
}

// A peripheral whose clock one bit of a register switches on.
struct Clocked {
  uint32_t enable_register, enable_bit;
};

// Gives the board's console pins to their UART. `ports_enable_register`: GPIOxEN, bit x for port x.
inline void connect_console(uint32_t ports_enable_register, uint32_t port_a_base, Clocked uart, uint32_t function) {
  constexpr Pin kTx = parse_pin(PROFILER_UART_TX_PIN);
  constexpr Pin kRx = parse_pin(PROFILER_UART_RX_PIN);
  enable_clock(ports_enable_register, (1u << kTx.port) | (1u << kRx.port));
  enable_clock(uart.enable_register, uart.enable_bit);
  use_alternate_function(port_a_base, kTx, function);
  use_alternate_function(port_a_base, kRx, function);
}

}  // namespace profiler::bsp::gpio
