// Native half of the timing model: issues the instructions of basic blocks on one core. Python decodes each distinct
// encoding once, works the core's costs into an Operation (profiler/timing/operation.py) and hands it over; everything
// that happens per block or per way into a block happens here. The rules of the pipeline are in pipeline.c alone.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REGISTERS 49             // r0..r15, s0..s31, FPSCR
#define TRACKED (2 * REGISTERS)  // the second half: the register as a factor of a multiply
#define MAX_OPERANDS 40          // STM of 32 single registers, base and index
#define MAX_UNITS 16             // kinds of execution units
#define CAUSES 5
#define NONE 0xFFFFFFFFu
#define CLEAN 0u  // number of the state in which nothing is unfinished

// Where a cycle went; `Cause` of operation.py.
enum Cause { ISSUE, LOAD_USE, BRANCH, MULTIPLY_DIVIDE, FPU };

// Structures shared with Python are mirrored in profiler/timing/native_types.py.
typedef struct {
  int32_t issue_width;
  int32_t narrow_pairing;  // non-zero: pairs of 16-bit instructions; extra cycles do not end a group
  int32_t split_run_length, split_run_cycles;
  int32_t split_target_cycles, flags_cycles;
  int32_t unit_count[MAX_UNITS];
} CoreOptions;

typedef struct {
  uint8_t number;  // as `needs` of operation.py
  int8_t offset;
} Need;

// Fields as in operation.py, where they are explained. What is rarely there comes last: programs have many operations.
typedef struct {
  uint64_t result_mask;    // bit per register
  uint64_t conflict_mask;  // address and late operands: what a load just before must not have computed to be hidden
  uint32_t encoding;
  int16_t result_cycles, factor_cycles, extra_cycles, writeback_cycles, load_cycles, following_load_cycles;
  int16_t fpu_busy_cycles, shadow_cycles, refill_cycles;
  int8_t writeback;
  uint8_t size_bytes, result_cause, extra_cause;
  uint8_t early_alu, hides_load, is_load, uses_fpu, shadowed, first_slot_only, single_issue, opens_group;
  uint8_t sets_flags, conditional, unknown, divides;
  uint8_t units[MAX_UNITS];  // of each kind
  uint8_t need_count;
  Need needs[MAX_OPERANDS];
} Operation;

typedef struct {
  int16_t at;  // cycles until it is ready
  uint8_t number, cause;
} Pending;

// What a block leaves to the next one, in cycles after its end. Only `pending_count` entries of `pending` are there.
typedef struct {
  uint64_t load_results;
  int16_t load_cycles;  // trailing cycles of a load that the next instruction may hide
  int16_t fpu_cycles;
  int16_t shadow_cycles;          // in which no instruction that is `shadowed` issues
  int16_t following_load_cycles;  // more for a load that is the next instruction
  int16_t idle_cycles;            // since the last instruction issued
  uint8_t split_run;              // 32-bit instructions across a word boundary that issued a cycle apart, just before
  uint8_t slots_free;             // of the last group, which the next instruction may join
  int8_t units_free[MAX_UNITS];
  uint32_t pending_count;
  Pending pending[TRACKED];
} State;

// One execution of a block from one entry state, without the way into it.
typedef struct {
  int32_t cycles[CAUSES];
  uint32_t exit_state;
} Timing;

// A way into a block: from the block before, if any, by a taken branch or by running on.
typedef struct {
  uint32_t block, origin;  // origin NONE: with an empty pipeline
  uint32_t taken;
} Way;

typedef struct {
  int32_t cycles[CAUSES];
  int32_t refill_cycles;
  uint32_t entry_state;
  int32_t unknown;  // instructions of the block without a cost
  int32_t divides;
} WayTiming;

typedef struct {
  const CoreOptions* core;
  uint32_t offset_bytes;  // of the next instruction from a word boundary
  int32_t split_run;
  int32_t issued;  // cycle in which the instruction before issued
  int32_t cycles[CAUSES];
  int32_t clock;     // first cycle in which a new group of instructions may issue
  uint64_t written;  // bit per register that anything below is known of
  int32_t ready[TRACKED];
  uint8_t cause[TRACKED];
  uint64_t load_results;
  int32_t load_cycles, fpu_free, shadow_end, following_load_cycles;
  int32_t slots_free;  // of the group that issued in cycle clock - 1
  int32_t units_free[MAX_UNITS];
} Pipeline;

// Numbers by key, in open addressing; keys are never zero.
typedef struct {
  uint64_t* keys;
  uint32_t* values;
  uint32_t capacity, used;
} Map;

typedef struct {
  void* items;
  size_t count, capacity, item_bytes;
} Array;

typedef struct {
  uint32_t first_operation, operation_count;  // in Timer.sequence
  uint32_t offset_bytes;
  int32_t taken_cycles;  // more when its last instruction is a branch and taken: it waits for flags
  int32_t unknown, divides;
} Block;

typedef struct {
  CoreOptions core;
  Array operations, sequence, blocks, states, timings;  // Operation, uint32_t, Block, State*, Timing
  Map operation_of, state_of, timing_of;                // class of encodings, hash, (block, state) → number
} Timer;

// array.c
void* array_push(Array* array);  // NULL when out of memory
bool map_reserve(Map* map);      // room for one more; false when out of memory
uint32_t* map_find(const Map* map, uint64_t key);
void map_free(Map* map);
void map_add(Map* map, uint64_t key, uint32_t value);  // after map_reserve
// encoding.c
uint32_t timer_encoding_class(uint32_t encoding, uint32_t size_bytes);  // the same for those that cost the same
// pipeline.c
void pipeline_begin(Pipeline* pipeline, const CoreOptions* core, const State* entry, uint32_t offset_bytes);
void pipeline_issue(Pipeline* pipeline, const Operation* operation);
void pipeline_state(const Pipeline* pipeline, State* state);
void state_after_refill(const State* before, int32_t cycles, State* after);
// timer.c
size_t state_bytes(const State* state);
