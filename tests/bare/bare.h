// Start-up for test firmware: vectors, .data, the UART of the test board, one byte in and out.
#pragma once

#include <stddef.h>
#include <stdint.h>

#define REG(address) (*(volatile uint32_t*)(address))

extern uint32_t __data_start, __data_end, __data_load, __stack_top;
void test_main(void);

__attribute__((noreturn, naked, used)) void reset_handler(void) { __asm volatile("bl start_c\n b ."); }

#if defined(UART_STM32_V2)
#define UART 0x40004400u
static inline void uart_start(void) { REG(UART) = 1 | 1 << 2 | 1 << 3; }
static inline void put(uint8_t byte) {
  while (!(REG(UART + 0x1C) & 1 << 7)) {
  }
  REG(UART + 0x28) = byte;
}
static inline uint8_t get(void) {
  while (!(REG(UART + 0x1C) & 1 << 5)) {
  }
  return (uint8_t)REG(UART + 0x24);
}
#elif defined(UART_STM32_V1)
#define UART 0x40004400u
static inline void uart_start(void) { REG(UART + 0xC) = 1 << 13 | 1 << 2 | 1 << 3; }
static inline void put(uint8_t byte) {
  while (!(REG(UART) & 1 << 7)) {
  }
  REG(UART + 4) = byte;
}
static inline uint8_t get(void) {
  while (!(REG(UART) & 1 << 5)) {
  }
  return (uint8_t)REG(UART + 4);
}
#elif defined(UART_NRF)
#define UART 0x40002000u
static inline void uart_start(void) {
  REG(UART + 0x500) = 4;
  REG(UART + 0x000) = 1;
  REG(UART + 0x008) = 1;
}
static inline void put(uint8_t byte) {
  REG(UART + 0x11C) = 0;
  REG(UART + 0x51C) = byte;
  while (!REG(UART + 0x11C)) {
  }
}
static inline uint8_t get(void) {
  while (!REG(UART + 0x108)) {
  }
  REG(UART + 0x108) = 0;
  return (uint8_t)REG(UART + 0x518);
}
#elif defined(UART_NRF_EASYDMA)
#define UART 0x40002000u
static volatile uint8_t received, sent;
static inline void uart_start(void) {
  REG(UART + 0x500) = 8;
  REG(UART + 0x534) = (uint32_t)(uintptr_t)&received;
  REG(UART + 0x538) = 1;
  REG(UART + 0x000) = 1;
}
static inline void put(uint8_t byte) {
  sent = byte;
  REG(UART + 0x120) = 0;
  REG(UART + 0x544) = (uint32_t)(uintptr_t)&sent;
  REG(UART + 0x548) = 1;
  REG(UART + 0x008) = 1;
  while (!REG(UART + 0x120)) {
  }
}
static inline uint8_t get(void) {
  while (!REG(UART + 0x110)) {
  }
  REG(UART + 0x110) = 0;
  uint8_t byte = received;
  REG(UART + 0x000) = 1;
  return byte;
}
#elif defined(UART_PL011)
#define UART 0x40034000u
static inline void uart_start(void) {
  REG(UART + 0x30) = 1;
  REG(UART + 0x2030) = 1 << 8 | 1 << 9;  // the set alias of RP2040
}
static inline void put(uint8_t byte) {
  while (REG(UART + 0x18) & 1 << 5) {
  }
  REG(UART) = byte;
}
static inline uint8_t get(void) {
  while (REG(UART + 0x18) & 1 << 4) {
  }
  return (uint8_t)REG(UART);
}
#elif defined(UART_CMSDK)
#define UART 0x40004000u
static inline void uart_start(void) { REG(UART + 0x08) = 1 | 1 << 1; }
static inline void put(uint8_t byte) {
  while (REG(UART + 0x04) & 1) {
  }
  REG(UART) = byte;
}
static inline uint8_t get(void) {
  while (!(REG(UART + 0x04) & 1 << 1)) {
  }
  return (uint8_t)REG(UART);
}
#endif

#if __ARM_FP && !defined(FPU_OFF)
static inline void fpu_start(void) { REG(0xE000ED88u) |= 0xFu << 20; }
#else
static inline void fpu_start(void) {}
#endif

__attribute__((used)) void start_c(void) {
  fpu_start();
  for (volatile uint32_t *to = &__data_start, *from = &__data_load; to < &__data_end;) *to++ = *from++;
  uart_start();
  test_main();
  for (;;) get();
}

__attribute__((section(".vectors"), used)) static const void* const vectors[] = {&__stack_top, (void*)reset_handler};
