// An in-order pipeline that issues one or two instructions a cycle, as if memory answered at once.
#include <string.h>

#include "timer.h"

#define LONG_AGO (-8)

static uint32_t lowest(uint64_t mask) { return (uint32_t)__builtin_ctzll(mask); }

static int32_t larger(int32_t a, int32_t b) { return a > b ? a : b; }

void pipeline_begin(Pipeline* pipeline, const CoreOptions* core, const State* entry, uint32_t offset_bytes) {
  memset(pipeline->cycles, 0, sizeof pipeline->cycles);
  pipeline->core = core;
  pipeline->clock = 0;
  pipeline->written = 0;
  pipeline->offset_bytes = offset_bytes;
  pipeline->split_run = entry->split_run;
  memset(pipeline->cause, LOAD_USE, sizeof pipeline->cause);
  for (int i = 0; i < TRACKED; i++) pipeline->ready[i] = LONG_AGO;
  for (uint32_t i = 0; i < entry->pending_count; i++) {
    const Pending* pending = &entry->pending[i];
    pipeline->ready[pending->number] = pending->at;
    pipeline->cause[pending->number] = pending->cause;
    pipeline->written |= 1ull << pending->number % REGISTERS;
  }
  pipeline->load_cycles = entry->load_cycles;
  pipeline->load_results = entry->load_results;
  pipeline->fpu_free = entry->fpu_cycles;
  pipeline->shadow_end = entry->shadow_cycles;
  pipeline->following_load_cycles = entry->following_load_cycles;
  pipeline->slots_free = entry->slots_free;
  pipeline->issued = -1 - entry->idle_cycles;
  for (int i = 0; i < MAX_UNITS; i++) pipeline->units_free[i] = entry->units_free[i];
}

static void wait(Pipeline* pipeline, enum Cause cause, int32_t cycles) {
  pipeline->clock += cycles;
  pipeline->cycles[cause] += cycles;
}

// Cycles the instruction that could issue at `at` waits for its own bytes: the fetch unit, which has run full and
// paused during a stall or a multi-cycle instruction, falls behind when the instructions that follow each need two
// words.
static int32_t fetch_stall(Pipeline* pipeline, uint32_t size_bytes, int32_t at) {
  const CoreOptions* core = pipeline->core;
  bool split = size_bytes == 4 && pipeline->offset_bytes % 4, paused = at - pipeline->issued > 1;
  pipeline->split_run = !split ? 0 : paused ? 1 : pipeline->split_run + 1;
  pipeline->offset_bytes += size_bytes;
  return pipeline->split_run == core->split_run_length ? core->split_run_cycles : 0;
}

// Trailing cycles of the load before, unless this instruction hides them, and what a load behind a store takes more.
static void finish_access(Pipeline* pipeline, const Operation* operation) {
  bool hides = operation->hides_load && !(operation->conflict_mask & pipeline->load_results);
  if (!hides) wait(pipeline, LOAD_USE, pipeline->load_cycles);
  pipeline->load_cycles = 0;
  if (operation->is_load) wait(pipeline, LOAD_USE, pipeline->following_load_cycles);
  pipeline->following_load_cycles = operation->following_load_cycles;
}

static bool fits(const Pipeline* pipeline, const Operation* operation) {
  if (pipeline->slots_free == 0 || operation->single_issue || operation->first_slot_only) return false;
  for (int i = 0; i < MAX_UNITS; i++) {
    if (operation->units[i] && pipeline->units_free[i] < operation->units[i]) return false;
  }
  return true;
}

static void take_units(Pipeline* pipeline, const Operation* operation) {
  for (int i = 0; i < MAX_UNITS; i++) pipeline->units_free[i] -= operation->units[i];
}

static void open_group(Pipeline* pipeline, const Operation* operation) {
  pipeline->slots_free = operation->opens_group ? pipeline->core->issue_width - 1 : 0;
  if (pipeline->slots_free == 0) return;
  memcpy(pipeline->units_free, pipeline->core->unit_count, sizeof pipeline->units_free);
  take_units(pipeline, operation);
}

// First cycle from `at` on in which operands and units are there; `cause` is what it had to wait for last.
static int32_t earliest(const Pipeline* pipeline, const Operation* operation, int32_t at, enum Cause* cause) {
  for (int i = 0; i < operation->need_count; i++) {
    const Need* need = &operation->needs[i];
    if (pipeline->ready[need->number] + need->offset > at) {
      at = pipeline->ready[need->number] + need->offset;
      *cause = (enum Cause)pipeline->cause[need->number];
    }
  }
  if (operation->uses_fpu && pipeline->fpu_free > at) {
    at = pipeline->fpu_free;
    *cause = FPU;
  }
  if (operation->shadowed && pipeline->shadow_end > at) {
    at = pipeline->shadow_end;
    *cause = FPU;
  }
  return at;
}

static bool operands_early(const Pipeline* pipeline, const Operation* operation, int32_t at) {
  for (int i = 0; i < operation->need_count; i++) {
    if (pipeline->ready[operation->needs[i].number] >= at) return false;
  }
  return true;
}

static void write_register(Pipeline* pipeline, uint32_t number, int32_t ready, int32_t factor_ready, uint8_t cause) {
  pipeline->written |= 1ull << number;
  pipeline->ready[number] = ready;
  pipeline->ready[number + REGISTERS] = factor_ready;
  pipeline->cause[number] = pipeline->cause[number + REGISTERS] = cause;
}

static void write_results(Pipeline* pipeline, const Operation* operation, int32_t at) {
  int32_t ready = at + operation->result_cycles;
  for (uint64_t results = operation->result_mask; results != 0; results &= results - 1) {
    write_register(pipeline, lowest(results), ready, ready + operation->factor_cycles, operation->result_cause);
  }
  if (operation->writeback >= 0) {
    int32_t updated = at + operation->writeback_cycles;
    write_register(pipeline, (uint32_t)operation->writeback, updated, updated, LOAD_USE);
  }
  if (operation->load_cycles) {
    pipeline->load_cycles = operation->load_cycles;
    pipeline->load_results = operation->result_mask;
  }
  if (operation->fpu_busy_cycles) pipeline->fpu_free = at + operation->fpu_busy_cycles;
  if (operation->shadow_cycles) pipeline->shadow_end = at + 1 + operation->shadow_cycles;
}

// Issues the next operation at the earliest cycle its operands and units allow.
void pipeline_issue(Pipeline* pipeline, const Operation* operation) {
  finish_access(pipeline, operation);
  int32_t start = pipeline->clock;
  enum Cause cause = ISSUE;
  int32_t at = earliest(pipeline, operation, fits(pipeline, operation) ? start - 1 : start, &cause);
  int32_t stall = fetch_stall(pipeline, operation->size_bytes, at);
  bool early = false;
  if (at >= start) {
    pipeline->cycles[cause] += at - start;
    pipeline->cycles[ISSUE] += stall;
    at += stall;
    pipeline->cycles[ISSUE]++;
    open_group(pipeline, operation);
    early = operation->early_alu && operands_early(pipeline, operation, at);
  } else {
    pipeline->slots_free--;
    take_units(pipeline, operation);
  }
  pipeline->cycles[operation->extra_cause] += operation->extra_cycles;
  pipeline->clock = at + 1 + operation->extra_cycles;
  if (operation->extra_cycles && !pipeline->core->narrow_pairing) pipeline->slots_free = 0;
  pipeline->issued = at;
  write_results(pipeline, operation, at - early);
}

// What is unfinished now.
void pipeline_state(const Pipeline* pipeline, State* state) {
  int32_t clock = pipeline->clock, slots_free = pipeline->slots_free;
  memset(state, 0, offsetof(State, pending));
  state->load_cycles = (int16_t)pipeline->load_cycles;
  state->load_results = pipeline->load_cycles ? pipeline->load_results : 0;
  int32_t free = slots_free ? -1 : 0;
  state->fpu_cycles = (int16_t)larger(free, pipeline->fpu_free - clock);
  state->shadow_cycles = (int16_t)larger(free, pipeline->shadow_end - clock);
  state->following_load_cycles = (int16_t)pipeline->following_load_cycles;
  int32_t longest = pipeline->core->split_run_length;
  state->split_run = (uint8_t)(pipeline->split_run < longest ? pipeline->split_run : longest);
  state->slots_free = (uint8_t)slots_free;
  if (state->split_run) state->idle_cycles = (int16_t)(clock - 1 - pipeline->issued);
  for (int i = 0; slots_free && i < MAX_UNITS; i++) state->units_free[i] = (int8_t)pipeline->units_free[i];
  // Operands needed a cycle early see results ready now; with a slot left, those of the cycle before too.
  int32_t horizon = clock - (slots_free ? 2 : 1);
  for (uint32_t half = 0; half < TRACKED; half += REGISTERS) {
    for (uint64_t written = pipeline->written; written != 0; written &= written - 1) {
      uint32_t number = lowest(written) + half;
      if (pipeline->ready[number] <= horizon) continue;
      state->pending[state->pending_count++] =
          (Pending){(int16_t)(pipeline->ready[number] - clock), (uint8_t)number, pipeline->cause[number]};
    }
  }
}

// The state after a taken branch, `cycles` later: results have arrived, fetching starts anew.
void state_after_refill(const State* before, int32_t cycles, State* after) {
  memset(after, 0, offsetof(State, pending));
  after->load_cycles = (int16_t)larger(0, before->load_cycles - cycles);
  after->load_results = after->load_cycles ? before->load_results : 0;
  after->fpu_cycles = (int16_t)larger(0, before->fpu_cycles - cycles);
  after->shadow_cycles = (int16_t)larger(0, before->shadow_cycles - cycles);
  for (uint32_t i = 0; i < before->pending_count; i++) {
    Pending pending = before->pending[i];
    pending.at = (int16_t)(pending.at - cycles);
    if (pending.at >= 0) after->pending[after->pending_count++] = pending;
  }
}
