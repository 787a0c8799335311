// STM32U575 without TrustZone: 160 MHz from HSI16, ICACHE and prefetch on, USART1 (AF7). Registers: RM0456, under the
// names given here; bit positions checked against cmsis-device-u5 stm32u575xx.h.
#include "bsp/bsp.h"

#include "board_config.h"
#include "bsp/drivers/stm32_clock.h"
#include "bsp/drivers/stm32_gpio.h"
#include "bsp/drivers/stm32_usart_v2.h"
#include "bsp/registers.h"

namespace profiler::bsp {
namespace {

constexpr uint32_t kRcc = 0x46020C00;
constexpr uint32_t kRccCr = kRcc + 0x00;
constexpr uint32_t kRccCfgr1 = kRcc + 0x1C;
constexpr uint32_t kRccPll1cfgr = kRcc + 0x28;
constexpr uint32_t kRccPll1divr = kRcc + 0x34;
constexpr uint32_t kRccAhb2enr1 = kRcc + 0x8C;
constexpr uint32_t kRccAhb3enr = kRcc + 0x94;
constexpr uint32_t kRccApb2enr = kRcc + 0xA4;
constexpr uint32_t kPwrVosr = 0x4602080C;
constexpr uint32_t kFlashAcr = 0x40022000;
constexpr uint32_t kIcacheCr = 0x40030400;
constexpr uint32_t kGpioa = 0x42020000;
constexpr uint32_t kUsart1 = 0x40013800;

static_assert(PROFILER_CORE_CLOCK_HZ == 160000000, "this BSP sets 160 MHz");
static_assert(PROFILER_UART_BASE == kUsart1, "this BSP drives USART1");

// HSI16, / 1, x 20 = 320 MHz, / 2 = 160 MHz (RM0456, RCC_PLL1CFGR and RCC_PLL1DIVR). The booster of voltage range 1 is
// clocked by the PLL's input divided by PLL1MBOOST, 4 to 16 MHz: 16 MHz here.
void configure_pll() {
  clock::switch_on(kRccCr, 1u << 8, 1u << 10);  // HSION, HSIRDY
  set_field(kRccPll1cfgr, (1u << 18) | (0xFu << 12) | (0xFu << 8) | 0xFu,
            (1u << 18) | (3u << 2) | 2u);  // PLL1REN, PLL1MBOOST = 1, PLL1M = 1, PLL1RGE = 8 to 16 MHz, PLL1SRC = HSI16
  set_field(kRccPll1divr, (0x7Fu << 24) | 0x1FFu, ((2u - 1) << 24) | (20u - 1));  // PLL1R = 2, PLL1N = 20
}

// Range 1 with the booster: above 55 MHz (RM0456, PWR_VOSR).
void set_voltage() {
  enable_clock(kRccAhb3enr, 1u << 2);              // PWREN
  clock::switch_on(kPwrVosr, 3u << 16, 1u << 15);  // VOS = range 1, VOSRDY
  clock::switch_on(kPwrVosr, 1u << 18, 1u << 14);  // BOOSTEN, BOOSTRDY
}

// LATENCY must read back before the clock rises (RM0456, read access latency).
void set_flash() {
  clock::set_flash_latency(kFlashAcr, 0xF);  // LATENCY
  set_bits(kFlashAcr, 1u << 8);              // PRFTEN
  set_bits(kIcacheCr, 1u << 0);              // EN; two ways are the reset state (WAYSEL)
}

void switch_to_pll() {
  clock::switch_on(kRccCr, 1u << 24, 1u << 25);  // PLL1ON, PLL1RDY
  clock::select_system_clock(kRccCfgr1, 2, 3u);  // SW = PLL1
}

void set_uart() {
  gpio::connect_console(kRccAhb2enr1, kGpioa, {kRccApb2enr, 1u << 14}, 7);  // USART1EN
  usart::start(kUsart1, usart::usart_divisor(PROFILER_CORE_CLOCK_HZ, PROFILER_UART_BAUD));
}

}  // namespace

void initialize() {
  configure_pll();
  set_voltage();
  set_flash();
  switch_to_pll();
  set_uart();
}

void uart_write(uint8_t byte) { usart::write(kUsart1, byte); }

bool uart_read(uint8_t* byte) { return usart::read(kUsart1, byte); }

}  // namespace profiler::bsp
