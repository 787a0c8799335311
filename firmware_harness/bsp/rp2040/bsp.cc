// RP2040: 133 MHz from the 12 MHz crystal, UART0. Registers: RP2040 datasheet, under the names given here; offsets
// checked against pico-sdk src/rp2040/hardware_regs. Flash is read as boot2 set it up, at a quarter of the core clock.
#include "bsp/bsp.h"

#include "board_config.h"
#include "bsp/drivers/pl011.h"
#include "bsp/pins.h"
#include "bsp/registers.h"

namespace profiler::bsp {
namespace {

constexpr uint32_t kResets = 0x4000C000;
constexpr uint32_t kResetsDone = kResets + 0x8;
constexpr uint32_t kResetIoBank0 = 1u << 5;
constexpr uint32_t kResetPadsBank0 = 1u << 8;
constexpr uint32_t kResetPllSys = 1u << 12;
constexpr uint32_t kResetUart0 = 1u << 22;

constexpr uint32_t kXoscCtrl = 0x40024000;
constexpr uint32_t kXoscStatus = 0x40024004;
constexpr uint32_t kXoscStartup = 0x4002400C;
constexpr uint32_t kPllCs = 0x40028000;
constexpr uint32_t kPllPwr = 0x40028004;
constexpr uint32_t kPllFbdiv = 0x40028008;
constexpr uint32_t kPllPrim = 0x4002800C;
constexpr uint32_t kClkRefCtrl = 0x40008030;
constexpr uint32_t kClkRefSelected = 0x40008038;
constexpr uint32_t kClkSysCtrl = 0x4000803C;
constexpr uint32_t kClkSysSelected = 0x40008044;
constexpr uint32_t kClkPeriCtrl = 0x40008048;
constexpr uint32_t kGpioCtrl = 0x40014004;  // of GPIO 0; 8 bytes from one to the next
constexpr uint32_t kUart0 = 0x40034000;
constexpr Pin kTx = parse_pin(PROFILER_UART_TX_PIN);
constexpr Pin kRx = parse_pin(PROFILER_UART_RX_PIN);

static_assert(PROFILER_CORE_CLOCK_HZ == 133000000, "this BSP sets 133 MHz");
static_assert(PROFILER_UART_BASE == kUart0, "this BSP drives UART0");

void release_from_reset(uint32_t blocks) {
  set_field(kResets, blocks, 0);
  wait_until(kResetsDone, blocks, blocks);
}

// XOSC: 12 MHz, start-up delay 47 x 256 cycles = 1 ms (RP2040 datasheet, XOSC STARTUP). The core meanwhile runs from
// the ring oscillator (clk_sys and clk_ref are set to it first: a boot loader may have left the PLL on).
void start_crystal() {
  set_field(kClkSysCtrl, 1u, 0);
  wait_until(kClkSysSelected, 1u << 0, 1u << 0);
  reg(kXoscStartup) = 47;
  reg(kXoscCtrl) = (0xFABu << 12) | 0xAA0;  // ENABLE, FREQ_RANGE = 1 to 15 MHz
  wait_until(kXoscStatus, 1u << 31, 1u << 31);
  set_field(kClkRefCtrl, 3u, 2u);  // SRC = XOSC
  wait_until(kClkRefSelected, 1u << 2, 1u << 2);
}

// 12 MHz x 133 = 1596 MHz, / 6 / 2 = 133 MHz (RP2040 datasheet, PLL; VCO 750 to 1600 MHz).
void start_pll() {
  set_bits(kResets, kResetPllSys);
  release_from_reset(kResetPllSys);
  set_field(kPllCs, 0x3Fu, 1u);  // REFDIV = 1
  reg(kPllFbdiv) = 133;
  set_field(kPllPwr, (1u << 5) | (1u << 0), 0);  // VCOPD, PD off
  wait_until(kPllCs, 1u << 31, 1u << 31);        // LOCK
  reg(kPllPrim) = (6u << 16) | (2u << 12);       // POSTDIV1, POSTDIV2
  set_field(kPllPwr, 1u << 3, 0);                // POSTDIVPD off
  set_field(kClkSysCtrl, 7u << 5, 0);            // AUXSRC = PLL_SYS, while SRC does not use it
  set_field(kClkSysCtrl, 1u, 1u);                // SRC = AUX
  wait_until(kClkSysSelected, 1u << 1, 1u << 1);
}

void set_uart() {
  reg(kClkPeriCtrl) = 1u << 11;  // ENABLE, AUXSRC = clk_sys
  release_from_reset(kResetIoBank0 | kResetPadsBank0 | kResetUart0);
  reg(kGpioCtrl + 8 * kTx.number) = 2;  // FUNCSEL = UART
  reg(kGpioCtrl + 8 * kRx.number) = 2;
  pl011::start(kUart0, PROFILER_CORE_CLOCK_HZ, PROFILER_UART_BAUD);
}

}  // namespace

void initialize() {
  start_crystal();
  start_pll();
  set_uart();
}

void uart_write(uint8_t byte) { pl011::write(kUart0, byte); }

bool uart_read(uint8_t* byte) { return pl011::read(kUart0, byte); }

}  // namespace profiler::bsp
