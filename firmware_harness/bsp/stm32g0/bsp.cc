// STM32G0: 64 MHz from HSI16, prefetch and instruction cache on, USART2 (AF1). Registers: RM0444, under the names given
// here; bit positions checked against cmsis-device-g0 stm32g0b1xx.h.
#include "bsp/bsp.h"

#include "board_config.h"
#include "bsp/drivers/stm32_clock.h"
#include "bsp/drivers/stm32_gpio.h"
#include "bsp/drivers/stm32_usart_v2.h"
#include "bsp/registers.h"

namespace profiler::bsp {
namespace {

constexpr uint32_t kRcc = 0x40021000;
constexpr uint32_t kRccCr = kRcc + 0x00;
constexpr uint32_t kRccCfgr = kRcc + 0x08;
constexpr uint32_t kRccPllcfgr = kRcc + 0x0C;
constexpr uint32_t kRccIopenr = kRcc + 0x34;
constexpr uint32_t kRccApbenr1 = kRcc + 0x3C;
constexpr uint32_t kFlashAcr = 0x40022000;
constexpr uint32_t kGpioa = 0x50000000;
constexpr uint32_t kUsart2 = 0x40004400;

static_assert(PROFILER_CORE_CLOCK_HZ == 64000000, "this BSP sets 64 MHz");
static_assert(PROFILER_UART_BASE == kUsart2, "this BSP drives USART2");

// LATENCY must read back before the clock rises (RM0444, read access latency). Voltage range 1 is the reset state.
void set_flash() {
  set_bits(kFlashAcr, (1u << 8) | (1u << 9));  // PRFTEN, ICEN
  clock::set_flash_latency(kFlashAcr, 0x7);    // LATENCY
}

// HSI16 / 1 x 8 = 128 MHz, / 2 = 64 MHz (RM0444, RCC_PLLCFGR).
void set_clock() {
  constexpr uint32_t kMask = (7u << 29) | (1u << 28) | (0x7Fu << 8) | (7u << 4) | 3u;  // PLLR, PLLREN, PLLN, PLLM, SRC
  clock::switch_on(kRccCr, 1u << 8, 1u << 10);                                         // HSION, HSIRDY
  set_field(kRccPllcfgr, kMask, (1u << 29) | (1u << 28) | (8u << 8) | 2u);             // PLLR = 2, PLLSRC = HSI16
  clock::switch_on(kRccCr, 1u << 24, 1u << 25);                                        // PLLON, PLLRDY
  clock::select_system_clock(kRccCfgr, 3, 2u);                                         // SW = PLLRCLK
}

void set_uart() {
  gpio::connect_console(kRccIopenr, kGpioa, {kRccApbenr1, 1u << 17}, 1);  // USART2EN
  usart::start(kUsart2, usart::usart_divisor(PROFILER_CORE_CLOCK_HZ, PROFILER_UART_BAUD));
}

}  // namespace

void initialize() {
  set_flash();
  set_clock();
  set_uart();
}

void uart_write(uint8_t byte) { usart::write(kUsart2, byte); }

bool uart_read(uint8_t* byte) { return usart::read(kUsart2, byte); }

}  // namespace profiler::bsp
