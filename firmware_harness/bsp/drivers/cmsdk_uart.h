// Arm CMSDK APB UART, polled, 8N1. Registers: Arm DDI 0479 (Cortex-M System Design Kit TRM) 4.3.
#pragma once

#include "bsp/registers.h"

namespace profiler::bsp::cmsdk_uart {

constexpr uint32_t kData = 0x00;
constexpr uint32_t kState = 0x04;    // bit 0: transmit buffer full, bit 1: receive buffer full
constexpr uint32_t kControl = 0x08;  // bit 0: transmitter on, bit 1: receiver on
constexpr uint32_t kBaudDivider = 0x10;

inline void start(uint32_t base, uint32_t clock_hz, uint32_t baud) {
  reg(base + kBaudDivider) = (clock_hz + baud / 2) / baud;
  reg(base + kControl) = (1u << 0) | (1u << 1);
}

inline void write(uint32_t base, uint8_t byte) {
  wait_until(base + kState, 1u << 0, 0);
  reg(base + kData) = byte;
}

inline bool read(uint32_t base, uint8_t* byte) {
  if ((reg(base + kState) & (1u << 1)) == 0) return false;
  *byte = static_cast<uint8_t>(reg(base + kData));
  return true;
}

}  // namespace profiler::bsp::cmsdk_uart
