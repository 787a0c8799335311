// Arm PrimeCell UART PL011, polled, 8N1 with FIFOs. Registers: Arm DDI 0183 (PL011 TRM) 3.3.
#pragma once

#include "bsp/registers.h"

namespace profiler::bsp::pl011 {

constexpr uint32_t kDr = 0x00;
constexpr uint32_t kFr = 0x18;    // bit 4 RXFE: receive FIFO empty, bit 5 TXFF: transmit FIFO full
constexpr uint32_t kIbrd = 0x24;  // clock / (16 * baud), the integer part ...
constexpr uint32_t kFbrd = 0x28;  // ... and 64ths of the rest
constexpr uint32_t kLcrH = 0x2C;  // bits 6:5 WLEN = 11: eight bits; bit 4 FEN
constexpr uint32_t kCr = 0x30;    // bit 0 UARTEN, bit 8 TXE, bit 9 RXE

// The write of LCR_H takes the divisor over.
inline void start(uint32_t base, uint32_t clock_hz, uint32_t baud) {
  const uint32_t divisor = (8 * (clock_hz / baud) + 1) / 2;  // in 64ths, rounded
  reg(base + kIbrd) = divisor >> 6;
  reg(base + kFbrd) = divisor & 0x3F;
  reg(base + kLcrH) = (3u << 5) | (1u << 4);
  reg(base + kCr) = (1u << 0) | (1u << 8) | (1u << 9);
}

inline void write(uint32_t base, uint8_t byte) {
  wait_until(base + kFr, 1u << 5, 0);
  reg(base + kDr) = byte;
}

inline bool read(uint32_t base, uint8_t* byte) {
  if ((reg(base + kFr) & (1u << 4)) != 0) return false;
  *byte = static_cast<uint8_t>(reg(base + kDr));
  return true;
}

}  // namespace profiler::bsp::pl011
