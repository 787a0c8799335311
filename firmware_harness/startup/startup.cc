// From reset to `runtime_main`: vector table, FPU, .data, .bss, stack paint, board. Runs on every core.
#include <stdint.h>

#include "bsp/bsp.h"
#include "runtime/memory_map.h"
#include "runtime/text.h"

extern "C" {
[[noreturn]] void runtime_main();
[[noreturn]] void reset_handler();
void fault_handler();
[[noreturn]] __attribute__((used)) void report_fault(const uint32_t* frame, uint32_t exception);
__attribute__((weak)) void SysTick_Handler() {}
}

namespace {

using Handler = void (*)();

struct VectorTable {
  const uint32_t* initial_stack;
  Handler reset;
  Handler exceptions[14];
};

// Armv7-M ARM B1.5.3: 1 reset, 2 NMI, 3 HardFault, 4 MemManage, 5 BusFault, 6 UsageFault, 7 SecureFault, 11 SVCall,
// 12 DebugMonitor, 14 PendSV, 15 SysTick. No device interrupt is ever enabled, so the table ends here.
__attribute__((section(".vectors"), used)) const VectorTable vectors = {
    __stack_top,
    reset_handler,
    {fault_handler, fault_handler, fault_handler, fault_handler, fault_handler, fault_handler, fault_handler,
     fault_handler, fault_handler, fault_handler, fault_handler, fault_handler, fault_handler, SysTick_Handler},
};

constexpr uintptr_t kSystick = 0xE000E010;      // control and status (Armv7-M ARM B3.3.3)
constexpr uintptr_t kNvicDisable = 0xE000E180;  // interrupt clear-enable (Armv7-M ARM B3.4.5)
constexpr uintptr_t kVtor = 0xE000ED08;         // vector table offset (Armv7-M ARM B3.2.5)
constexpr uintptr_t kCpacr = 0xE000ED88;        // coprocessor access (Armv7-M ARM B3.2.20)
constexpr uintptr_t kCfsr = 0xE000ED28;         // configurable fault status (Armv7-M ARM B3.2.15)
constexpr uintptr_t kBfar = 0xE000ED38;         // bus fault address (Armv7-M ARM B3.2.18)

#if defined(__ARM_ARCH_6M__)
constexpr uintptr_t kInterruptWords = 1;  // up to 32 interrupts
#else
constexpr uintptr_t kInterruptWords = 8;  // up to 240
#endif

inline volatile uint32_t& system_register(uintptr_t address) { return *reinterpret_cast<volatile uint32_t*>(address); }

// Between the frame of this function and the limit there is nothing yet: fill it for `stack` to find the deepest mark.
inline __attribute__((always_inline)) void paint_stack() {
  uint32_t* stack_pointer;
  __asm volatile("mov %0, sp" : "=r"(stack_pointer));
  for (volatile uint32_t* word = __stack_limit; word < stack_pointer; word = word + 1) *word = profiler::kStackPattern;
}

void print_register(const char* name, uint32_t value) {
  profiler::text::put(name);
  profiler::text::put_hex(value);
}

}  // namespace

extern "C" {

// A boot loader may have run before: the stack pointer and the vector table are set here, not assumed.
__attribute__((naked, noreturn, section(".text.reset_handler"))) void reset_handler() {
  __asm volatile(
      "cpsid i\n"
      "ldr r0, =__stack_top\n"
      "mov sp, r0\n"
#if defined(__ARM_ARCH_8M_MAIN__)
      "ldr r0, =__stack_limit\n"
      "msr msplim, r0\n"
#endif
      "bl start\n"
      ".ltorg\n");
}

[[noreturn]] __attribute__((used)) void start() {
  // A boot loader may have left interrupts on, for which this vector table has no entries.
  system_register(kSystick) = 0;
  for (uintptr_t word = 0; word < kInterruptWords; ++word) system_register(kNvicDisable + 4 * word) = 0xFFFFFFFF;
  system_register(kVtor) = reinterpret_cast<uintptr_t>(&vectors);
#if defined(__ARM_FP)
  system_register(kCpacr) = system_register(kCpacr) | (0xFu << 20);  // full access to CP10 and CP11
  __asm volatile("dsb\n isb" ::: "memory");
#endif
  const uint32_t* load = __data_load;
  for (volatile uint32_t* word = __data_begin; word < __data_end; word = word + 1) *word = *load++;
  for (volatile uint32_t* word = __bss_begin; word < __bss_end; word = word + 1) *word = 0;
  paint_stack();
  __asm volatile("cpsie i" ::: "memory");
  profiler::bsp::initialize();
  runtime_main();
}

// Exception frame: r0-r3, r12, lr, pc, xpsr (Armv7-M ARM B1.5.6). Nothing here runs in thread mode on the process
// stack, so it is on the main stack.
__attribute__((naked)) void fault_handler() {
  __asm volatile(
      "mrs r0, msp\n"
      "mrs r1, ipsr\n"
      "ldr r2, =report_fault\n"
      "bx r2\n"
      ".ltorg\n");
}

[[noreturn]] void report_fault(const uint32_t* frame, uint32_t exception) {
  profiler::text::put("\r\ne-[fault ");
  profiler::text::put_unsigned(exception);
  print_register(" pc=", frame[6]);
  print_register(" lr=", frame[5]);
  print_register(" xpsr=", frame[7]);
  print_register(" r0=", frame[0]);
  print_register(" r1=", frame[1]);
  print_register(" r2=", frame[2]);
  print_register(" r3=", frame[3]);
#if !defined(__ARM_ARCH_6M__)
  print_register(" cfsr=", system_register(kCfsr));
  print_register(" bfar=", system_register(kBfar));
#endif
  profiler::text::put("]\r\n");
  for (;;) {
  }
}
}
