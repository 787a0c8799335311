// nRF5340 application core, secure: 128 MHz from the crystal, flash cache on, UARTE0 on any pins. Registers: nRF5340 PS
// (product specification), chapters FICR, CLOCK, CACHE, GPIO and UARTE; offsets checked against nrfx
// nrf5340_application.h.
#include "bsp/bsp.h"

#include "board_config.h"
#include "bsp/pins.h"
#include "bsp/registers.h"

namespace profiler::bsp {
namespace {

constexpr uint32_t kFicr = 0x00FF0000;
constexpr uint32_t kFicrTrimcnf = kFicr + 0x300;  // pairs of address and value
constexpr uint32_t kUicrApprotect = 0x00FF8000;
constexpr uint32_t kUicrSecureapprotect = 0x00FF801C;
constexpr uint32_t kCtrlapApprotectDisable = 0x50006544;
constexpr uint32_t kCtrlapSecureapprotectDisable = 0x5000654C;
constexpr uint32_t kCacheEnable = 0x50001500;
constexpr uint32_t kClockHfclkstart = 0x50005000;
constexpr uint32_t kClockHfclkstarted = 0x50005100;
constexpr uint32_t kClockHfclksrc = 0x50005514;
constexpr uint32_t kClockHfclkctrl = 0x50005558;
constexpr uint32_t kGpio = 0x50842500;
constexpr uint32_t kGpioPortStride = 0x300;
constexpr uint32_t kGpioOutset = 0x008;
constexpr uint32_t kGpioPinCnf = 0x200;

constexpr uint32_t kUarte = 0x50008000;
constexpr uint32_t kUarteStartrx = kUarte + 0x000;
constexpr uint32_t kUarteStarttx = kUarte + 0x008;
constexpr uint32_t kUarteEndrx = kUarte + 0x110;
constexpr uint32_t kUarteEndtx = kUarte + 0x120;
constexpr uint32_t kUarteEnable = kUarte + 0x500;
constexpr uint32_t kUartePseltxd = kUarte + 0x50C;
constexpr uint32_t kUartePselrxd = kUarte + 0x514;
constexpr uint32_t kUarteBaudrate = kUarte + 0x524;
constexpr uint32_t kUarteRxdPtr = kUarte + 0x534;
constexpr uint32_t kUarteRxdMaxcnt = kUarte + 0x538;
constexpr uint32_t kUarteTxdPtr = kUarte + 0x544;
constexpr uint32_t kUarteTxdMaxcnt = kUarte + 0x548;
constexpr uint32_t kBaud115200 = 0x01D60000;  // nRF5340 PS, UARTE BAUDRATE

constexpr Pin kTx = parse_pin(PROFILER_UART_TX_PIN);
constexpr Pin kRx = parse_pin(PROFILER_UART_RX_PIN);

static_assert(PROFILER_CORE_CLOCK_HZ == 128000000, "this BSP sets 128 MHz");
static_assert(PROFILER_UART_BASE == kUarte && PROFILER_UART_BAUD == 115200, "this BSP drives UARTE0 at 115200 baud");

volatile uint8_t received;  // EasyDMA reads and writes RAM only
volatile uint8_t sent;

constexpr uint32_t port(Pin pin) { return kGpio + kGpioPortStride * pin.port; }

uint32_t address_of(const volatile uint8_t* byte) { return static_cast<uint32_t>(reinterpret_cast<uintptr_t>(byte)); }

// Factory trim values are for software to copy, up to the first free entry (nRF5340 PS, FICR TRIMCNF).
void apply_trims() {
  for (uint32_t entry = kFicrTrimcnf; entry < kFicrTrimcnf + 32 * 8 && reg(entry) != 0xFFFFFFFF; entry += 8) {
    reg(reg(entry)) = reg(entry + 4);
  }
}

// Erratum 160 of production silicon (variants after the engineering ones 2 to 4): registers without a published name,
// values as nrfx bsp/stable/mdk/system_nrf5340_application.c gives them.
void apply_erratum_160() {
  const uint32_t part = reg(kFicr + 0x130);
  const uint32_t variant = reg(kFicr + 0x134);
  if (part != 7 || (variant >= 2 && variant <= 4)) return;
  reg(0x5000470C) = 0x7E;
  reg(0x5000493C) = 0x7E;
  reg(0x50002118) = 0x7F;
  reg(0x50039E04) = 0;
  reg(0x50039E08) = 0;
  reg(0x50101110) = 0;
  reg(0x50002124) = 0;
  reg(0x5000212C) = 0;
  reg(0x502012A0) = 0;
}

void set_clock() {
  reg(kCacheEnable) = 1;
  reg(kClockHfclksrc) = 1;  // HFXO: the internal oscillator is too inaccurate to measure time with
  reg(kClockHfclkstart) = 1;
  wait_until(kClockHfclkstarted, 1, 1);
  reg(kClockHfclkctrl) = 0;  // HCLK = 128 MHz; 64 MHz after reset
}

// A pin goes to the UARTE by PSEL; as a GPIO it must be an output that idles high, or an input (PS, UARTE, pins).
void set_uart() {
  reg(port(kTx) + kGpioOutset) = 1u << kTx.number;
  reg(port(kTx) + kGpioPinCnf + 4 * kTx.number) = 3u;       // DIR = output, INPUT = disconnected
  reg(port(kRx) + kGpioPinCnf + 4 * kRx.number) = 3u << 2;  // DIR = input, PULL = up
  reg(kUartePseltxd) = (kTx.port << 5) | kTx.number;
  reg(kUartePselrxd) = (kRx.port << 5) | kRx.number;
  reg(kUarteBaudrate) = kBaud115200;
  reg(kUarteEnable) = 8;
  reg(kUarteTxdPtr) = address_of(&sent);
  reg(kUarteTxdMaxcnt) = 1;
  reg(kUarteRxdPtr) = address_of(&received);
  reg(kUarteRxdMaxcnt) = 1;
  reg(kUarteStartrx) = 1;
}

}  // namespace

void initialize() {
  apply_trims();
  apply_erratum_160();
  // Firmware must repeat what UICR says, or the debugger is locked out (nRF5340 PS, access port protection).
  reg(kCtrlapApprotectDisable) = reg(kUicrApprotect);
  reg(kCtrlapSecureapprotectDisable) = reg(kUicrSecureapprotect);
  set_clock();
  set_uart();
}

void uart_write(uint8_t byte) {
  sent = byte;
  reg(kUarteEndtx) = 0;
  reg(kUarteStarttx) = 1;
  wait_until(kUarteEndtx, 1, 1);
}

// Between the end of one transfer and the start of the next, bytes wait in the UARTE's own FIFO.
bool uart_read(uint8_t* byte) {
  if (reg(kUarteEndrx) == 0) return false;
  reg(kUarteEndrx) = 0;
  *byte = received;
  reg(kUarteStartrx) = 1;
  return true;
}

}  // namespace profiler::bsp
