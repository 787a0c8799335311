// STM32F74x: 216 MHz from HSI with over-drive, level-1 caches, ART accelerator and prefetch on, USART1 (AF7).
// Registers: RM0385, under the names given here; bit positions checked against cmsis-device-f7 stm32f746xx.h.
#include "bsp/bsp.h"

#include "board_config.h"
#include "bsp/drivers/cortex_m7_cache.h"
#include "bsp/drivers/stm32_clock.h"
#include "bsp/drivers/stm32_gpio.h"
#include "bsp/drivers/stm32_usart_v2.h"
#include "bsp/registers.h"

namespace profiler::bsp {
namespace {

constexpr uint32_t kRcc = 0x40023800;
constexpr uint32_t kRccCr = kRcc + 0x00;
constexpr uint32_t kRccPllcfgr = kRcc + 0x04;
constexpr uint32_t kRccCfgr = kRcc + 0x08;
constexpr uint32_t kRccAhb1enr = kRcc + 0x30;
constexpr uint32_t kRccApb1enr = kRcc + 0x40;
constexpr uint32_t kRccApb2enr = kRcc + 0x44;
constexpr uint32_t kPwrCr1 = 0x40007000;
constexpr uint32_t kPwrCsr1 = 0x40007004;
constexpr uint32_t kFlashAcr = 0x40023C00;
constexpr uint32_t kGpioa = 0x40020000;
constexpr uint32_t kUsart1 = 0x40011000;
constexpr uint32_t kApb2Hz = PROFILER_CORE_CLOCK_HZ / 2;

static_assert(PROFILER_CORE_CLOCK_HZ == 216000000, "this BSP sets 216 MHz");
static_assert(PROFILER_UART_BASE == kUsart1, "this BSP drives USART1");

// LATENCY must read back before the clock rises (RM0385, relation between CPU clock frequency and flash read time).
void set_flash() {
  clock::set_flash_latency(kFlashAcr, 0xF);    // LATENCY
  set_bits(kFlashAcr, (1u << 8) | (1u << 9));  // PRFTEN, ARTEN
}

// HSI 16 MHz / 8 = 2 MHz, x 216 = 432 MHz, / 2 = 216 MHz (RM0385, RCC_PLLCFGR).
void start_pll() {
  // PLLQ, PLLSRC, PLLP, PLLN, PLLM; the output of PLLQ (USB and others, unused) stays at its 48 MHz
  constexpr uint32_t kMask = (0xFu << 24) | (1u << 22) | (3u << 16) | (0x1FFu << 6) | 0x3Fu;
  clock::switch_on(kRccCr, 1u << 0, 1u << 1);                    // HSION, HSIRDY
  set_field(kRccPllcfgr, kMask, (9u << 24) | (216u << 6) | 8u);  // PLLSRC = HSI, PLLP = 2
  set_bits(kRccCr, 1u << 24);                                    // PLLON
}

// Above 180 MHz: scale 1 and over-drive, entered while HSI still clocks the core (RM0385, entering over-drive mode).
void enter_over_drive() {
  enable_clock(kRccApb1enr, 1u << 28);       // PWREN
  set_bits(kPwrCr1, (3u << 14));             // VOS = scale 1
  set_bits(kPwrCr1, 1u << 16);               // ODEN
  wait_until(kPwrCsr1, 1u << 16, 1u << 16);  // ODRDY
  set_bits(kPwrCr1, 1u << 17);               // ODSWEN
  wait_until(kPwrCsr1, 1u << 17, 1u << 17);  // ODSWRDY
}

// APB1 up to 54 MHz, APB2 up to 108 MHz.
void switch_to_pll() {
  wait_until(kRccCr, 1u << 25, 1u << 25);                                 // PLLRDY
  set_field(kRccCfgr, (7u << 10) | (7u << 13), (5u << 10) | (4u << 13));  // PPRE1 = 4, PPRE2 = 2
  clock::select_system_clock(kRccCfgr, 2, 2u);                            // SW = PLL
}

void set_uart() {
  gpio::connect_console(kRccAhb1enr, kGpioa, {kRccApb2enr, 1u << 4}, 7);  // USART1EN
  usart::start(kUsart1, usart::usart_divisor(kApb2Hz, PROFILER_UART_BAUD));
}

}  // namespace

void initialize() {
  set_flash();
  start_pll();
  enter_over_drive();
  switch_to_pll();
  enable_level1_caches();
  set_uart();
}

void uart_write(uint8_t byte) { usart::write(kUsart1, byte); }

bool uart_read(uint8_t* byte) { return usart::read(kUsart1, byte); }

}  // namespace profiler::bsp
