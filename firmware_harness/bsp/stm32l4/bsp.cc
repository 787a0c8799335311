// STM32L4+ (L4R5): 120 MHz from HSI16, ART accelerator on, LPUART1 on PG7/PG8. Registers: RM0432, under the names
// given here; bit positions checked against cmsis-device-l4 stm32l4r5xx.h.
#include "bsp/bsp.h"

#include "board_config.h"
#include "bsp/drivers/stm32_clock.h"
#include "bsp/drivers/stm32_gpio.h"
#include "bsp/drivers/stm32_usart_v2.h"
#include "bsp/registers.h"

namespace profiler::bsp {
namespace {

constexpr uint32_t kPwr = 0x40007000;
constexpr uint32_t kPwrCr2 = kPwr + 0x04;
constexpr uint32_t kPwrSr2 = kPwr + 0x14;
constexpr uint32_t kPwrCr5 = kPwr + 0x80;
constexpr uint32_t kRcc = 0x40021000;
constexpr uint32_t kRccCr = kRcc + 0x00;
constexpr uint32_t kRccCfgr = kRcc + 0x08;
constexpr uint32_t kRccPllcfgr = kRcc + 0x0C;
constexpr uint32_t kRccAhb2enr = kRcc + 0x4C;
constexpr uint32_t kRccApb1enr1 = kRcc + 0x58;
constexpr uint32_t kRccApb1enr2 = kRcc + 0x5C;
constexpr uint32_t kFlashAcr = 0x40022000;
constexpr uint32_t kGpioa = 0x48000000;
constexpr uint32_t kLpuart1 = 0x40008000;

static_assert(PROFILER_CORE_CLOCK_HZ == 120000000, "this BSP sets 120 MHz");
static_assert(PROFILER_UART_BASE == kLpuart1, "this BSP drives LPUART1");

// Voltage range 1 is the reset state; 120 MHz needs its boost mode, R1MODE = 0 (RM0432, PWR_CR5).
void set_voltage() {
  enable_clock(kRccApb1enr1, 1u << 28);  // PWREN
  set_field(kPwrCr5, 1u << 8, 0);        // R1MODE = 0
  wait_until(kPwrSr2, 1u << 10, 0);      // VOSF: the regulator is there
}

// LATENCY must read back before the clock rises (RM0432, read access latency). Prefetch, I and D cache on.
void set_flash() {
  set_bits(kFlashAcr, (1u << 8) | (1u << 9) | (1u << 10));  // PRFTEN, ICEN, DCEN
  clock::set_flash_latency(kFlashAcr, 0xF);                 // LATENCY
}

// HSI16 / 2 = 8 MHz, x 30 = 240 MHz, / 2 = 120 MHz (RM0432, RCC_PLLCFGR). Above 80 MHz the switch must go through half
// the speed for at least 1 us (RM0432, system clock selection): AHB prescaler 2 first, then 1.
void set_clock() {
  clock::switch_on(kRccCr, 1u << 8, 1u << 10);  // HSION, HSIRDY
  set_field(kRccPllcfgr, 0x07737FF3,
            (2u << 0)                            // PLLSRC = HSI16
                | (1u << 4)                      // PLLM = 2
                | (30u << 8)                     // PLLN = 30
                | (1u << 24));                   // PLLREN, PLLR = 2
  clock::switch_on(kRccCr, 1u << 24, 1u << 25);  // PLLON, PLLRDY
  set_field(kRccCfgr, 0xFu << 4, 8u << 4);       // HPRE = 2
  clock::select_system_clock(kRccCfgr, 2, 3u);   // SW = PLL
  for (int i = 0; i < 120; ++i) __asm volatile("nop");
  set_field(kRccCfgr, 0xFu << 4, 0);  // HPRE = 1
}

// Port G is supplied by VDDIO2, valid only once IOSV says so (RM0432, PWR_CR2). LPUART1 is AF8 (DS12023, alternate
// functions); its kernel clock is PCLK1 after reset (RM0432, RCC_CCIPR).
void set_uart() {
  set_bits(kPwrCr2, 1u << 9);                                              // IOSV
  gpio::connect_console(kRccAhb2enr, kGpioa, {kRccApb1enr2, 1u << 0}, 8);  // LPUART1EN
  usart::start(kLpuart1, usart::lpuart_divisor(PROFILER_CORE_CLOCK_HZ, PROFILER_UART_BAUD));
}

}  // namespace

void initialize() {
  set_voltage();
  set_flash();
  set_clock();
  set_uart();
}

void uart_write(uint8_t byte) { usart::write(kLpuart1, byte); }

bool uart_read(uint8_t* byte) { return usart::read(kLpuart1, byte); }

}  // namespace profiler::bsp
