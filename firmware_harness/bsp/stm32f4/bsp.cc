// STM32F405/F407: 168 MHz from HSI, ART accelerator on, USART2 (AF7). Registers: RM0090, under the names given here;
// bit positions checked against cmsis-device-f4 stm32f407xx.h.
#include "bsp/bsp.h"

#include "board_config.h"
#include "bsp/drivers/stm32_clock.h"
#include "bsp/drivers/stm32_gpio.h"
#include "bsp/drivers/stm32_usart_v1.h"
#include "bsp/registers.h"

namespace profiler::bsp {
namespace {

constexpr uint32_t kRcc = 0x40023800;
constexpr uint32_t kRccCr = kRcc + 0x00;
constexpr uint32_t kRccPllcfgr = kRcc + 0x04;
constexpr uint32_t kRccCfgr = kRcc + 0x08;
constexpr uint32_t kRccAhb1enr = kRcc + 0x30;
constexpr uint32_t kRccApb1enr = kRcc + 0x40;
constexpr uint32_t kPwrCr = 0x40007000;
constexpr uint32_t kFlashAcr = 0x40023C00;
constexpr uint32_t kGpioa = 0x40020000;
constexpr uint32_t kUsart2 = 0x40004400;
constexpr uint32_t kApb1Hz = PROFILER_CORE_CLOCK_HZ / 4;

static_assert(PROFILER_CORE_CLOCK_HZ == 168000000, "this BSP sets 168 MHz");
static_assert(PROFILER_UART_BASE == kUsart2, "this BSP drives USART2");

// Above 144 MHz the regulator must be in scale 1 (RM0090, PWR_CR VOS), as it is after reset.
void set_voltage() {
  enable_clock(kRccApb1enr, 1u << 28);  // PWREN
  set_bits(kPwrCr, 1u << 14);           // VOS = scale 1
}

// LATENCY must read back before the clock rises (RM0090, relation between CPU clock frequency and flash read time).
void set_flash() {
  clock::set_flash_latency(kFlashAcr, 0x7);                 // LATENCY
  set_bits(kFlashAcr, (1u << 8) | (1u << 9) | (1u << 10));  // PRFTEN, ICEN, DCEN
}

// HSI 16 MHz / 16 = 1 MHz, x 336, / 2 = 168 MHz (RM0090, RCC_PLLCFGR). APB1 up to 42 MHz, APB2 up to 84 MHz.
void set_clock() {
  // PLLQ, PLLSRC, PLLP, PLLN, PLLM; the output of PLLQ (USB and others, unused) stays at its 48 MHz
  constexpr uint32_t kMask = (0xFu << 24) | (1u << 22) | (3u << 16) | (0x1FFu << 6) | 0x3Fu;
  clock::switch_on(kRccCr, 1u << 0, 1u << 1);                             // HSION, HSIRDY
  set_field(kRccPllcfgr, kMask, (7u << 24) | (336u << 6) | 16u);          // PLLSRC = HSI, PLLP = 2
  clock::switch_on(kRccCr, 1u << 24, 1u << 25);                           // PLLON, PLLRDY
  set_field(kRccCfgr, (7u << 10) | (7u << 13), (5u << 10) | (4u << 13));  // PPRE1 = 4, PPRE2 = 2
  clock::select_system_clock(kRccCfgr, 2, 2u);                            // SW = PLL
}

void set_uart() {
  gpio::connect_console(kRccAhb1enr, kGpioa, {kRccApb1enr, 1u << 17}, 7);  // USART2EN
  usart::start(kUsart2, usart::usart_divisor(kApb1Hz, PROFILER_UART_BAUD));
}

}  // namespace

void initialize() {
  set_voltage();
  set_flash();
  set_clock();
  set_uart();
}

void uart_write(uint8_t byte) { usart::write(kUsart2, byte); }

bool uart_read(uint8_t* byte) { return usart::read(kUsart2, byte); }

}  // namespace profiler::bsp
