// The console port from outside: what is sent to it, what it has sent, and the time that passes meanwhile.
#include <stdlib.h>
#include <string.h>

#include "tracer.h"

#define SYST_CSR 0xE000E010u
#define SYSTICK_ENABLED 3u  // ENABLE and TICKINT

int32_t tracer_set_uart(Tracer* tracer, uint32_t model, uint32_t base, const uint8_t* script, size_t script_bytes,
                        const uint32_t* pauses, size_t pause_count, const char* prompt, uint32_t idle_limit) {
  Uart* uart = &tracer->uart;
  uart->model = model;
  uart->base = base;
  uart->script = malloc(script_bytes + 1);
  uart->pauses = malloc((pause_count + 1) * sizeof *pauses);
  uart->prompt_bytes = strlen(prompt);
  if (uart->script == NULL || uart->pauses == NULL || uart->prompt_bytes >= sizeof uart->prompt) return -1;
  memcpy(uart->script, script, script_bytes);
  memcpy(uart->pauses, pauses, pause_count * sizeof *pauses);
  memcpy(uart->prompt, prompt, uart->prompt_bytes);
  uart->script_bytes = script_bytes;
  uart->pause_count = pause_count;
  uart->ready = uart->prompt_bytes == 0;
  uart->idle_limit = idle_limit;
  return 0;
}

// Further bytes for the firmware, behind those it has not read yet; -1 when out of memory.
int32_t tracer_send(Tracer* tracer, const uint8_t* bytes, size_t count) {
  Uart* uart = &tracer->uart;
  size_t waiting = uart->script_bytes - uart->script_next;
  memmove(uart->script, uart->script + uart->script_next, waiting);
  uint8_t* script = realloc(uart->script, waiting + count + 1);
  if (script == NULL) return -1;
  memcpy(script + waiting, bytes, count);
  uart->script = script;
  uart->script_bytes = waiting + count;
  uart->script_next = 0;
  uart->idle_polls = 0;
  return 0;
}

// Forgets what was transmitted so far.
void tracer_clear_output(Tracer* tracer) { tracer->uart.output.count = 0; }

// From now on time is what tracer_advance tells, and the run stops (STOP_SEGMENT) after each inference, and after each
// layer of one that is profiled, so that it can be told.
void tracer_set_live(Tracer* tracer) { tracer->live = true; }

// Time passes. How often SysTick's interrupt would have come meanwhile.
uint32_t tracer_advance(Tracer* tracer, uint64_t cycles) {
  const Peripherals* peripherals = &tracer->peripherals;
  uint64_t before = tracer->live_cycles - peripherals->systick_base;
  tracer->live_cycles += cycles;
  uint32_t control = peripheral_word(&tracer->peripherals, SYST_CSR);
  if (!peripherals->systick_running || (control & SYSTICK_ENABLED) != SYSTICK_ENABLED) return 0;
  uint64_t period = (peripheral_word(&tracer->peripherals, SYST_CSR + 4) & 0xFFFFFF) + 1;
  return (uint32_t)((before + cycles) / period - before / period);
}
