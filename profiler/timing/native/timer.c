// Operations, blocks and states of one core, each kept once, and the timings of blocks by entry state.
#include "timer.h"

#include <stdlib.h>
#include <string.h>

#define NARROW_KEY (1ull << 32)

size_t state_bytes(const State* state) { return offsetof(State, pending) + state->pending_count * sizeof(Pending); }

void timer_destroy(Timer* timer) {
  if (timer == NULL) return;
  State** states = timer->states.items;
  for (size_t i = 0; i < timer->states.count; i++) free(states[i]);
  Array* arrays[] = {&timer->operations, &timer->sequence, &timer->blocks, &timer->states, &timer->timings};
  for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) free(arrays[i]->items);
  Map* maps[] = {&timer->operation_of, &timer->state_of, &timer->timing_of};
  for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) map_free(maps[i]);
  free(timer);
}

_Static_assert(offsetof(State, pending) % 4 == 0 && sizeof(Pending) == 4, "a state is hashed in words");

static uint64_t hash_of(const State* state) {
  const uint8_t* bytes = (const uint8_t*)state;
  uint64_t hash = 0xCBF29CE484222325u;
  for (size_t i = 0; i < state_bytes(state); i += 4) {
    uint32_t word;
    memcpy(&word, bytes + i, sizeof word);
    hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
    hash ^= hash >> 29;
  }
  return hash ? hash : 1;
}

// Number of a state, which is kept once; NONE when out of memory.
static uint32_t intern(Timer* timer, const State* state) {
  size_t bytes = state_bytes(state);
  uint64_t hash = hash_of(state);
  const uint32_t* found;
  while ((found = map_find(&timer->state_of, hash)) != NULL) {
    const State* known = ((State**)timer->states.items)[*found];
    if (state_bytes(known) == bytes && memcmp(known, state, bytes) == 0) return *found;
    hash = hash * 31 + 1;  // another state with this hash
    if (hash == 0) hash = 1;
  }
  State* kept = malloc(bytes);
  State** slot = kept != NULL && map_reserve(&timer->state_of) ? array_push(&timer->states) : NULL;
  if (slot == NULL) {
    free(kept);
    return NONE;
  }
  memcpy(kept, state, bytes);
  *slot = kept;
  map_add(&timer->state_of, hash, (uint32_t)timer->states.count - 1);
  return (uint32_t)timer->states.count - 1;
}

Timer* timer_create(const CoreOptions* core) {
  Timer* timer = calloc(1, sizeof(Timer));
  if (timer == NULL) return NULL;
  timer->core = *core;
  timer->operations.item_bytes = sizeof(Operation);
  timer->sequence.item_bytes = sizeof(uint32_t);
  timer->blocks.item_bytes = sizeof(Block);
  timer->states.item_bytes = sizeof(State*);
  timer->timings.item_bytes = sizeof(Timing);
  static const State kClean;
  if (intern(timer, &kClean) == CLEAN) return timer;
  timer_destroy(timer);
  return NULL;
}

static uint64_t operation_key(uint32_t encoding, uint32_t size_bytes) {
  encoding = timer_encoding_class(encoding, size_bytes);
  return size_bytes == 4 ? (uint64_t)encoding | 2 * NARROW_KEY : (uint64_t)encoding | NARROW_KEY;
}

// 0, or -1 when out of memory.
int32_t timer_add_operation(Timer* timer, const Operation* operation) {
  Operation* kept = map_reserve(&timer->operation_of) ? array_push(&timer->operations) : NULL;
  if (kept == NULL) return -1;
  *kept = *operation;
  uint64_t key = operation_key(operation->encoding, operation->size_bytes);
  map_add(&timer->operation_of, key, (uint32_t)timer->operations.count - 1);
  return 0;
}

static uint64_t next_key(const uint8_t* code, uint32_t bytes_left, uint32_t* size_bytes) {
  uint32_t first = (uint32_t)code[0] | (uint32_t)code[1] << 8;
  *size_bytes = first >= 0xE800 && bytes_left >= 4 ? 4 : 2;  // Armv7-M ARM DDI0403, A5.1; a torn one stays narrow
  if (*size_bytes == 2) return operation_key(first, 2);
  return operation_key(first | (uint32_t)code[2] << 16 | (uint32_t)code[3] << 24, 4);
}

// Writes (offset, bytes) of an encoding of each class in `code`, blocks one behind another, that has no operation yet.
// Returns how many there are, at most one for every two bytes; NONE when out of memory.
uint32_t timer_missing(const Timer* timer, const uint8_t* code, const uint32_t* sizes, uint32_t count,
                       uint32_t (*missing)[2]) {
  Map seen = {NULL, NULL, 0, 0};
  uint32_t found = 0, start = 0;
  for (uint32_t i = 0; i < count; i++) {
    uint32_t size, end = start + sizes[i];
    for (uint32_t at = start; at + 2 <= end; at += size) {
      uint64_t key = next_key(code + at, end - at, &size);
      if (map_find(&timer->operation_of, key) != NULL || map_find(&seen, key) != NULL) continue;
      if (!map_reserve(&seen)) {
        map_free(&seen);
        return NONE;
      }
      map_add(&seen, key, 0);
      missing[found][0] = at;
      missing[found++][1] = size;
    }
    start = end;
  }
  map_free(&seen);
  return found;
}

static const Operation* operation_at(const Timer* timer, uint32_t position) {
  const uint32_t* sequence = timer->sequence.items;
  return (const Operation*)timer->operations.items + sequence[position];
}

static int32_t taken_cycles(const Timer* timer, const Block* block) {
  if (block->operation_count < 2) return 0;
  uint32_t last = block->first_operation + block->operation_count - 1;
  const Operation *flags = operation_at(timer, last - 1), *branch = operation_at(timer, last);
  bool pair = flags->size_bytes == 2 && branch->size_bytes == 2;
  return flags->sets_flags && (branch->conditional || pair) ? timer->core.flags_cycles : 0;
}

static bool add_block(Timer* timer, const uint8_t* code, uint32_t bytes, uint32_t offset_bytes) {
  Block block = {(uint32_t)timer->sequence.count, 0, offset_bytes, 0, 0, 0};
  uint32_t size;
  for (uint32_t at = 0; at + 2 <= bytes; at += size) {
    const uint32_t* operation = map_find(&timer->operation_of, next_key(code + at, bytes - at, &size));
    uint32_t* position = operation == NULL ? NULL : array_push(&timer->sequence);
    if (position == NULL) return false;
    *position = *operation;
    block.operation_count++;
    block.unknown += operation_at(timer, (uint32_t)timer->sequence.count - 1)->unknown;
    block.divides += operation_at(timer, (uint32_t)timer->sequence.count - 1)->divides;
  }
  block.taken_cycles = taken_cycles(timer, &block);
  Block* kept = array_push(&timer->blocks);
  if (kept != NULL) *kept = block;
  return kept != NULL;
}

// Adds blocks, `code` having one behind another; every encoding must have an operation. Returns the number of the
// first, the others follow; NONE when out of memory.
uint32_t timer_add_blocks(Timer* timer, const uint8_t* code, const uint32_t* sizes, const uint8_t* offsets,
                          uint32_t count) {
  uint32_t first = (uint32_t)timer->blocks.count;
  for (uint32_t i = 0; i < count; i++) {
    if (!add_block(timer, code, sizes[i], offsets[i])) return NONE;
    code += sizes[i];
  }
  return first;
}

static const Block* block_at(const Timer* timer, uint32_t number) { return (const Block*)timer->blocks.items + number; }

static const State* state_at(const Timer* timer, uint32_t number) { return ((State**)timer->states.items)[number]; }

// Issues a block from an entry state; `traced`, if not NULL, gets the cycles of each instruction by cause.
static bool run_block(Timer* timer, uint32_t number, uint32_t entry, Timing* timing, int32_t* traced) {
  const Block* block = block_at(timer, number);
  Pipeline pipeline;
  pipeline_begin(&pipeline, &timer->core, state_at(timer, entry), block->offset_bytes);
  for (uint32_t i = 0; i < block->operation_count; i++) {
    int32_t before[CAUSES];
    if (traced != NULL) memcpy(before, pipeline.cycles, sizeof before);
    pipeline_issue(&pipeline, operation_at(timer, block->first_operation + i));
    for (int cause = 0; traced != NULL && cause < CAUSES; cause++) {
      *traced++ = pipeline.cycles[cause] - before[cause];
    }
  }
  State state;
  pipeline_state(&pipeline, &state);
  memcpy(timing->cycles, pipeline.cycles, sizeof timing->cycles);
  timing->exit_state = intern(timer, &state);
  return timing->exit_state != NONE;
}

// Timing of a block from an entry state, computed once; false when out of memory.
static bool time_block(Timer* timer, uint32_t block, uint32_t entry, Timing* timing) {
  uint64_t key = ((uint64_t)block + 1) << 32 | entry;
  const uint32_t* known = map_find(&timer->timing_of, key);
  if (known != NULL) {
    *timing = ((const Timing*)timer->timings.items)[*known];
    return true;
  }
  if (!run_block(timer, block, entry, timing, NULL)) return false;
  Timing* kept = map_reserve(&timer->timing_of) ? array_push(&timer->timings) : NULL;
  if (kept == NULL) return false;
  *kept = *timing;
  map_add(&timer->timing_of, key, (uint32_t)timer->timings.count - 1);
  return true;
}

// Cycles from the taken branch that ends `from` to the issue of the first instruction of `to`.
static int32_t refill(const Timer* timer, const Block* from, const Block* to) {
  const Operation* branch = operation_at(timer, from->first_operation + from->operation_count - 1);
  const Operation* target = operation_at(timer, to->first_operation);
  bool split = target->size_bytes == 4 && to->offset_bytes % 4;
  return branch->refill_cycles + (split ? timer->core.split_target_cycles : 0) + from->taken_cycles;
}

// Number of the state `cycles` after a branch was taken in another; NONE when out of memory.
static uint32_t after_refill(Timer* timer, uint32_t before, int32_t cycles) {
  State after;
  state_after_refill(state_at(timer, before), cycles, &after);
  return intern(timer, &after);
}

static bool time_way(Timer* timer, const Way* way, WayTiming* result) {
  uint32_t entry = CLEAN;
  int32_t refill_cycles = 0;
  Timing timing;
  if (way->origin != NONE) {
    if (!time_block(timer, way->origin, CLEAN, &timing)) return false;
    entry = timing.exit_state;
    if (way->taken) {
      refill_cycles = refill(timer, block_at(timer, way->origin), block_at(timer, way->block));
      entry = after_refill(timer, entry, refill_cycles);
    }
  }
  if (entry == NONE || !time_block(timer, way->block, entry, &timing)) return false;
  const Block* block = block_at(timer, way->block);
  *result = (WayTiming){{0}, refill_cycles, entry, block->unknown, block->divides};
  memcpy(result->cycles, timing.cycles, sizeof result->cycles);
  return true;
}

// 0, or -1 when out of memory.
int32_t timer_time_ways(Timer* timer, const Way* ways, uint32_t count, WayTiming* results) {
  for (uint32_t i = 0; i < count; i++) {
    if (!time_way(timer, &ways[i], &results[i])) return -1;
  }
  return 0;
}

// The same for one block and state, with the cycles of each instruction by cause.
int32_t timer_trace(Timer* timer, uint32_t block, uint32_t entry, Timing* timing, int32_t* traced) {
  return run_block(timer, block, entry, timing, traced) ? 0 : -1;
}

void timer_read_state(const Timer* timer, uint32_t number, State* state) {
  memcpy(state, state_at(timer, number), state_bytes(state_at(timer, number)));
}

// Sizes of the structures shared with the caller, in the order of its own list; 0 behind the last. A library built
// from other sources than the caller is told apart by them.
uint32_t timer_structure_bytes(uint32_t which) {
  static const uint32_t kBytes[] = {sizeof(CoreOptions), sizeof(Operation), sizeof(State),
                                    sizeof(Timing),      sizeof(Way),       sizeof(WayTiming)};
  return which < sizeof(kBytes) / sizeof(kBytes[0]) ? kBytes[which] : 0;
}
