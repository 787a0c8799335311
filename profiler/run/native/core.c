// The part of the private peripheral bus that firmware of ours looks at: FPU enable, cycle counter, SysTick, reset.
// Time is counted in executed instructions, whole blocks at a time: monotonic and deterministic, but not cycles. Of a
// live machine it is what its owner tells.
#include "tracer.h"

#define DWT_CTRL 0xE0001000u
#define DWT_CYCCNT 0xE0001004u
#define SYST_CSR 0xE000E010u
#define SYST_RVR 0xE000E014u
#define SYST_CVR 0xE000E018u
#define CPUID 0xE000ED00u
#define CPACR 0xE000ED88u
#define AIRCR 0xE000ED0Cu
#define DEMCR 0xE000EDFCu

uint64_t tracer_time(const Tracer* tracer) { return tracer->live ? tracer->live_cycles : tracer->instructions; }

static uint32_t cycle_count(const Tracer* tracer) {
  const Peripherals* peripherals = &tracer->peripherals;
  if (!peripherals->cycle_running) return peripherals->cycle_value;
  return peripherals->cycle_value + (uint32_t)(tracer_time(tracer) - peripherals->cycle_base);
}

static void set_cycle_count(Tracer* tracer, uint32_t value) {
  tracer->peripherals.cycle_value = value;
  tracer->peripherals.cycle_base = tracer_time(tracer);
}

static uint32_t systick_period(Tracer* tracer) {
  return (peripheral_word(&tracer->peripherals, SYST_RVR) & 0xFFFFFF) + 1;
}

static uint32_t systick_value(Tracer* tracer) {
  if (!tracer->peripherals.systick_running) return peripheral_word(&tracer->peripherals, SYST_CVR);
  uint32_t period = systick_period(tracer);
  uint64_t elapsed = tracer_time(tracer) - tracer->peripherals.systick_base;
  if (tracer->live) return period - 1 - (uint32_t)(elapsed % period);  // reloaded: its interrupts come on the stroke
  return (uint32_t)((period - elapsed % period) % period);
}

// COUNTFLAG: the counter reached zero since the last read of CSR.
static uint32_t systick_control(Tracer* tracer) {
  Peripherals* peripherals = &tracer->peripherals;
  uint32_t value = peripheral_word(peripherals, SYST_CSR) & 0xFFFF;
  if (!peripherals->systick_running) return value;
  uint64_t wraps = (tracer_time(tracer) - peripherals->systick_base) / systick_period(tracer);
  if (wraps > peripherals->systick_reported) value |= 1u << 16;
  peripherals->systick_reported = wraps;
  return value;
}

bool core_read(Tracer* tracer, uint32_t address, uint32_t* value) {
  switch (address) {
    case DWT_CYCCNT:
      *value = cycle_count(tracer);
      return true;
    case SYST_CVR:
      *value = systick_value(tracer);
      return true;
    case SYST_CSR:
      *value = systick_control(tracer);
      return true;
    case CPUID:  // of no implementer: so firmware knows, and tells, that it does not run on silicon
      *value = 0;
      return true;
    default:
      return maintenance_read(tracer, address, value);
  }
}

static void restart_systick(Tracer* tracer, bool running) {
  tracer->peripherals.systick_running = running;
  tracer->peripherals.systick_base = tracer_time(tracer);
  tracer->peripherals.systick_reported = 0;
}

static void update_cycle_counter(Tracer* tracer) {
  Peripherals* peripherals = &tracer->peripherals;
  bool traced = peripheral_word(peripherals, DEMCR) >> 24 & 1;
  bool running = traced && (peripheral_word(peripherals, DWT_CTRL) & 1);
  set_cycle_count(tracer, cycle_count(tracer));
  peripherals->cycle_running = running;
}

void core_write(Tracer* tracer, uint32_t address, uint32_t value) {
  switch (address) {
    case DWT_CTRL:
    case DEMCR:
      update_cycle_counter(tracer);
      break;
    case DWT_CYCCNT:
      set_cycle_count(tracer, value);
      break;
    case SYST_CSR:
      if ((value & 1) != tracer->peripherals.systick_running) restart_systick(tracer, value & 1);
      break;
    case SYST_CVR:  // any write clears the counter, which then reloads
      peripheral_store(tracer, SYST_CVR, 0);
      restart_systick(tracer, tracer->peripherals.systick_running);
      break;
    case CPACR:
      tracer->watched_flags &= (uint8_t)~BLOCK_FPU;
      if ((value >> 20 & 0xF) != 0xF) tracer->watched_flags |= BLOCK_FPU;
      break;
    case AIRCR:
      if (value >> 16 == 0x05FA && value & 4) {
        tracer_stop(tracer, STOP_RESET, tracer_where(tracer));
      }
      break;
    default:
      maintenance_write(tracer, address, value);
      break;
  }
}
