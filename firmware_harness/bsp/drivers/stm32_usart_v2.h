// USART and LPUART with ISR/RDR/TDR registers (STM32 L4, F7, H7, U5, G0), polled, 8N1. Registers under the names of
// RM0432, USART and LPUART registers; the same in RM0385, RM0455, RM0456 and RM0444.
#pragma once

#include "bsp/registers.h"

namespace profiler::bsp::usart {

constexpr uint32_t kCr1 = 0x00;
constexpr uint32_t kCr3 = 0x08;
constexpr uint32_t kBrr = 0x0C;
constexpr uint32_t kIsr = 0x1C;
constexpr uint32_t kRdr = 0x24;
constexpr uint32_t kTdr = 0x28;

constexpr uint32_t kCr1Ue = 1u << 0;
constexpr uint32_t kCr1Re = 1u << 2;
constexpr uint32_t kCr1Te = 1u << 3;
constexpr uint32_t kCr3Ovrdis = 1u << 12;  // a lost byte must not block the following ones
constexpr uint32_t kIsrRxne = 1u << 5;
constexpr uint32_t kIsrTxe = 1u << 7;

// BRR of a USART with 16 times oversampling: clock / baud, rounded.
constexpr uint32_t usart_divisor(uint32_t clock_hz, uint32_t baud) { return (clock_hz + baud / 2) / baud; }

// BRR of an LPUART: 256 * clock / baud, rounded.
constexpr uint32_t lpuart_divisor(uint32_t clock_hz, uint32_t baud) {
  return static_cast<uint32_t>((256ull * clock_hz + baud / 2) / baud);
}

// Baud rate and CR3 may only be written while UE is 0, as it is after reset.
inline void start(uint32_t base, uint32_t divisor) {
  reg(base + kCr1) = 0;
  reg(base + kCr3) = kCr3Ovrdis;
  reg(base + kBrr) = divisor;
  reg(base + kCr1) = kCr1Ue | kCr1Re | kCr1Te;
}

inline void write(uint32_t base, uint8_t byte) {
  wait_until(base + kIsr, kIsrTxe, kIsrTxe);
  reg(base + kTdr) = byte;
}

inline bool read(uint32_t base, uint8_t* byte) {
  if ((reg(base + kIsr) & kIsrRxne) == 0) return false;
  *byte = static_cast<uint8_t>(reg(base + kRdr));
  return true;
}

}  // namespace profiler::bsp::usart
