// Arm MPS3 with the FPGA images of Corstone-300 (AN547, Cortex-M55) and Corstone-310 (AN555, Cortex-M85), secure state.
// Clocks and memories are fixed by the FPGA image: there is nothing to set but the level-1 caches, whose maintenance
// registers are those of the Cortex-M7 (Armv8-M ARM, cache maintenance operations), and the UART of the USB port.
#include "bsp/bsp.h"

#include "board_config.h"
#include "bsp/drivers/cmsdk_uart.h"
#include "bsp/drivers/cortex_m7_cache.h"

namespace profiler::bsp {
namespace {

constexpr uint32_t kUart = 0x59303000;  // UART 0, secure alias: zephyr boards/arm/mps3, mps3_common_soc_peripheral
constexpr uint32_t kPeripheralHz = 25'000'000;  // of the UARTs: the same file; QEMU hw/arm/mps2-tz.c apb_periph_frq

static_assert(PROFILER_CORE_CLOCK_HZ == 32000000 || PROFILER_CORE_CLOCK_HZ == 25000000, "clocks of AN547 and AN555");
static_assert(PROFILER_UART_BASE == kUart, "this BSP drives UART 0");

}  // namespace

void initialize() {
  enable_level1_caches();
  cmsdk_uart::start(kUart, kPeripheralHz, PROFILER_UART_BAUD);
}

void uart_write(uint8_t byte) { cmsdk_uart::write(kUart, byte); }

bool uart_read(uint8_t* byte) { return cmsdk_uart::read(kUart, byte); }

}  // namespace profiler::bsp
