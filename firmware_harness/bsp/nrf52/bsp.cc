// nRF52840: 64 MHz (the core's only clock) from the crystal, instruction cache on, UART0 on any pins. Registers:
// nRF52840 PS (product specification), chapters CLOCK, NVMC, GPIO and UART; offsets checked against nrfx nrf52840.h.
#include "bsp/bsp.h"

#include "board_config.h"
#include "bsp/pins.h"
#include "bsp/registers.h"

namespace profiler::bsp {
namespace {

constexpr uint32_t kClockHfclkstart = 0x40000000;
constexpr uint32_t kClockHfclkstarted = 0x40000100;
constexpr uint32_t kApprotectDisable = 0x40000558;
constexpr uint32_t kUicrApprotect = 0x10001208;
constexpr uint32_t kNvmcIcachecnf = 0x4001E540;
constexpr uint32_t kGpio = 0x50000000;
constexpr uint32_t kGpioPortStride = 0x300;
constexpr uint32_t kGpioOutset = 0x508;
constexpr uint32_t kGpioPinCnf = 0x700;

constexpr uint32_t kUart = 0x40002000;
constexpr uint32_t kUartStartrx = kUart + 0x000;
constexpr uint32_t kUartStarttx = kUart + 0x008;
constexpr uint32_t kUartRxdrdy = kUart + 0x108;
constexpr uint32_t kUartTxdrdy = kUart + 0x11C;
constexpr uint32_t kUartEnable = kUart + 0x500;
constexpr uint32_t kUartPseltxd = kUart + 0x50C;
constexpr uint32_t kUartPselrxd = kUart + 0x514;
constexpr uint32_t kUartRxd = kUart + 0x518;
constexpr uint32_t kUartTxd = kUart + 0x51C;
constexpr uint32_t kUartBaudrate = kUart + 0x524;
constexpr uint32_t kBaud115200 = 0x01D7E000;  // nRF52840 PS, UART BAUDRATE

constexpr Pin kTx = parse_pin(PROFILER_UART_TX_PIN);
constexpr Pin kRx = parse_pin(PROFILER_UART_RX_PIN);

static_assert(PROFILER_CORE_CLOCK_HZ == 64000000, "the nRF52840 runs at 64 MHz");
static_assert(PROFILER_UART_BASE == kUart && PROFILER_UART_BAUD == 115200, "this BSP drives UART0 at 115200 baud");

constexpr uint32_t port(Pin pin) { return kGpio + kGpioPortStride * pin.port; }

// A pin goes to the UART by PSEL; as a GPIO it must be an output that idles high, or an input (PS, UART, pins).
void set_uart() {
  reg(port(kTx) + kGpioOutset) = 1u << kTx.number;
  reg(port(kTx) + kGpioPinCnf + 4 * kTx.number) = 3u;       // DIR = output, INPUT = disconnected
  reg(port(kRx) + kGpioPinCnf + 4 * kRx.number) = 3u << 2;  // DIR = input, PULL = up
  reg(kUartPseltxd) = (kTx.port << 5) | kTx.number;
  reg(kUartPselrxd) = (kRx.port << 5) | kRx.number;
  reg(kUartBaudrate) = kBaud115200;
  reg(kUartEnable) = 4;
  reg(kUartStarttx) = 1;
  reg(kUartStartrx) = 1;
}

}  // namespace

void initialize() {
  // Firmware must repeat what UICR says, or newer silicon locks the debugger out (nRF52840 PS, access port protection).
  reg(kApprotectDisable) = reg(kUicrApprotect);
  reg(kNvmcIcachecnf) = 1;    // CACHEEN
  reg(kClockHfclkstart) = 1;  // HFXO: the internal oscillator is too inaccurate to measure time with
  wait_until(kClockHfclkstarted, 1, 1);
  set_uart();
}

void uart_write(uint8_t byte) {
  reg(kUartTxdrdy) = 0;
  reg(kUartTxd) = byte;
  wait_until(kUartTxdrdy, 1, 1);
}

// The event is cleared before the byte is taken: RXD is a FIFO, and taking a byte may raise the event again.
bool uart_read(uint8_t* byte) {
  if (reg(kUartRxdrdy) == 0) return false;
  reg(kUartRxdrdy) = 0;
  *byte = static_cast<uint8_t>(reg(kUartRxd));
  return true;
}

}  // namespace profiler::bsp
