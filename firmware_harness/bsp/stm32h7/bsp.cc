// STM32H7A3 with SMPS: 280 MHz from HSI, level-1 caches on, USART3 (AF7). Registers: RM0455, under the names given
// here; bit positions checked against cmsis-device-h7 stm32h7a3xxq.h.
#include "bsp/bsp.h"

#include "board_config.h"
#include "bsp/drivers/cortex_m7_cache.h"
#include "bsp/drivers/stm32_clock.h"
#include "bsp/drivers/stm32_gpio.h"
#include "bsp/drivers/stm32_usart_v2.h"
#include "bsp/registers.h"

namespace profiler::bsp {
namespace {

constexpr uint32_t kRcc = 0x58024400;
constexpr uint32_t kRccCr = kRcc + 0x00;
constexpr uint32_t kRccCfgr = kRcc + 0x10;
constexpr uint32_t kRccCdcfgr1 = kRcc + 0x18;
constexpr uint32_t kRccCdcfgr2 = kRcc + 0x1C;
constexpr uint32_t kRccSrdcfgr = kRcc + 0x20;
constexpr uint32_t kRccPllckselr = kRcc + 0x28;
constexpr uint32_t kRccPllcfgr = kRcc + 0x2C;
constexpr uint32_t kRccPll1divr = kRcc + 0x30;
constexpr uint32_t kRccAhb2enr = kRcc + 0xDC;
constexpr uint32_t kRccAhb4enr = kRcc + 0xE0;
constexpr uint32_t kRccApb1lenr = kRcc + 0xE8;
constexpr uint32_t kPwrCsr1 = 0x58024804;
constexpr uint32_t kPwrCr3 = 0x5802480C;
constexpr uint32_t kPwrSrdcr = 0x58024818;
constexpr uint32_t kFlashAcr = 0x52002000;
constexpr uint32_t kGpioa = 0x58020000;
constexpr uint32_t kUsart3 = 0x40004800;
constexpr uint32_t kApb1Hz = PROFILER_CORE_CLOCK_HZ / 2;

static_assert(PROFILER_CORE_CLOCK_HZ == 280000000, "this BSP sets 280 MHz");
static_assert(PROFILER_UART_BASE == kUsart3, "this BSP drives USART3");

// The core is fed by the SMPS alone (RM0455, PWR_CR3: SMPSEN = 1, LDOEN = 0, BYPASS = 0). The register takes one write
// after a power-on reset, so it is left alone once it has been set. Then voltage scale 0 for 280 MHz (PWR_SRDCR VOS).
void set_voltage() {
  constexpr uint32_t kSupply = 7u;  // SMPSEN, LDOEN, BYPASS
  if ((reg(kPwrCr3) & kSupply) == 6u) set_field(kPwrCr3, kSupply, 4u);
  wait_until(kPwrCsr1, 1u << 13, 1u << 13);         // ACTVOSRDY
  clock::switch_on(kPwrSrdcr, 3u << 14, 1u << 13);  // VOS = scale 0, VOSRDY
}

// WRHIGHFREQ (bits 5:4) goes with LATENCY (RM0455, flash read latency).
void set_flash() {
  set_field(kFlashAcr, 0x3F, (3u << 4) | PROFILER_FLASH_WAIT_CYCLES);
  wait_until(kFlashAcr, 0xF, PROFILER_FLASH_WAIT_CYCLES);
}

// HSI 64 MHz / 16 = 4 MHz, x 140 = 560 MHz, / 2 = 280 MHz (RM0455, RCC_PLL1DIVR; VCO 128 to 560 MHz, input range
// 4 to 8 MHz). Core and AHB undivided; the APB buses at half, up to 140 MHz.
void set_clock() {
  clock::switch_on(kRccCr, 1u << 0, 1u << 2);                                    // HSION, HSIRDY
  set_field(kRccPllckselr, (0x3Fu << 4) | 3u, 16u << 4);                         // DIVM1 = 16, PLLSRC = HSI
  set_field(kRccPllcfgr, (1u << 16) | 0xFu, (1u << 16) | (2u << 2));             // DIVP1EN, PLL1RGE = 4 to 8 MHz
  set_field(kRccPll1divr, (0x7Fu << 9) | 0x1FFu, ((2u - 1) << 9) | (140u - 1));  // P1 = 2, N1 = 140
  clock::switch_on(kRccCr, 1u << 24, 1u << 25);                                  // PLL1ON, PLL1RDY
  set_field(kRccCdcfgr1, (0xFu << 8) | (7u << 4) | 0xFu, 4u << 4);               // CDCPRE = HPRE = 1, CDPPRE = 2
  set_field(kRccCdcfgr2, (7u << 8) | (7u << 4), (4u << 8) | (4u << 4));          // CDPPRE2 = CDPPRE1 = 2
  set_field(kRccSrdcfgr, 7u << 4, 4u << 4);                                      // SRDPPRE = 2
  clock::select_system_clock(kRccCfgr, 3, 3u);                                   // SW = PLL1
}

void set_uart() {
  gpio::connect_console(kRccAhb4enr, kGpioa, {kRccApb1lenr, 1u << 18}, 7);  // USART3EN
  usart::start(kUsart3, usart::usart_divisor(kApb1Hz, PROFILER_UART_BAUD));
}

}  // namespace

void initialize() {
  set_voltage();
  set_flash();
  set_clock();
  enable_clock(kRccAhb2enr, (1u << 29) | (1u << 30));  // AHBSRAM1EN, AHBSRAM2EN: off after reset
  enable_level1_caches();
  set_uart();
}

void uart_write(uint8_t byte) { usart::write(kUsart3, byte); }

bool uart_read(uint8_t* byte) { return usart::read(kUsart3, byte); }

}  // namespace profiler::bsp
