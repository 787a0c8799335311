// USART with SR/DR registers (STM32 F4), polled, 8N1. Registers under the names of RM0090, USART registers.
#pragma once

#include "bsp/registers.h"

namespace profiler::bsp::usart {

constexpr uint32_t kSr = 0x00;
constexpr uint32_t kDr = 0x04;
constexpr uint32_t kBrr = 0x08;
constexpr uint32_t kCr1 = 0x0C;

constexpr uint32_t kCr1Re = 1u << 2;
constexpr uint32_t kCr1Te = 1u << 3;
constexpr uint32_t kCr1Ue = 1u << 13;
constexpr uint32_t kSrRxne = 1u << 5;
constexpr uint32_t kSrTxe = 1u << 7;

// BRR with 16 times oversampling: clock / baud, rounded.
constexpr uint32_t usart_divisor(uint32_t clock_hz, uint32_t baud) { return (clock_hz + baud / 2) / baud; }

inline void start(uint32_t base, uint32_t divisor) {
  reg(base + kCr1) = 0;
  reg(base + kBrr) = divisor;
  reg(base + kCr1) = kCr1Ue | kCr1Re | kCr1Te;
}

inline void write(uint32_t base, uint8_t byte) {
  wait_until(base + kSr, kSrTxe, kSrTxe);
  reg(base + kDr) = byte;
}

// Reading SR and then DR also clears an overrun.
inline bool read(uint32_t base, uint8_t* byte) {
  if ((reg(base + kSr) & kSrRxne) == 0) return false;
  *byte = static_cast<uint8_t>(reg(base + kDr));
  return true;
}

}  // namespace profiler::bsp::usart
