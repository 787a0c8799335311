// What happened at single instructions beyond being executed: misses of their fetches and reads, unaligned reads, and
// what operands divides had. The engine tells of a data access but not which instruction made it, so accesses are
// numbered from the start of their block and put to instructions afterwards, by decoding the block.
#include <stdlib.h>

#include "tracer.h"

static Event* probe(Event* events, uint32_t capacity, uint64_t key) {
  uint32_t at = (uint32_t)((key * 0x9E3779B97F4A7C15u) >> 32) & (capacity - 1);
  while (events[at].key != 0 && events[at].key != key) at = (at + 1) & (capacity - 1);
  return &events[at];
}

static bool grow(Tracer* tracer) {
  uint32_t capacity = tracer->event_capacity == 0 ? 1u << 12 : tracer->event_capacity * 2;
  Event* events = calloc(capacity, sizeof(Event));
  if (events == NULL) return false;
  for (uint32_t i = 0; i < tracer->event_capacity; i++) {
    if (tracer->events[i].key != 0) *probe(events, capacity, tracer->events[i].key) = tracer->events[i];
  }
  free(tracer->events);
  tracer->events = events;
  tracer->event_capacity = capacity;
  return true;
}

// `place`: bytes from the start of the block (fetches, divides) or number of the data access in it (reads).
static void count_event(Tracer* tracer, uint32_t block, uint32_t place, enum EventKind kind, uint32_t detail) {
  if (!tracer->counting || block == NO_BLOCK) return;
  if (tracer->event_used >= tracer->event_capacity / 2 && !grow(tracer)) {
    tracer_stop(tracer, STOP_TABLE_FULL, tracer->blocks[block].address);
    return;
  }
  uint64_t key = (uint64_t)block << 32 | (place & 0xFFFF) << 16 | (uint32_t)kind << 8 | (detail & 0xFF);
  Event* event = probe(tracer->events, tracer->event_capacity, key);
  if (event->key == 0) {
    event->key = key;
    tracer->event_used++;
  }
  event->count++;
}

void event_fetch_miss(Tracer* tracer, const Block* block, uint32_t offset, uint32_t region, bool sequential) {
  uint32_t id = (uint32_t)(block - tracer->blocks);
  count_event(tracer, id, offset, sequential ? EVENT_FETCH_SEQUENTIAL : EVENT_FETCH, region);
}

void event_read_miss(Tracer* tracer, uint32_t region, bool sequential) {
  count_event(tracer, tracer->previous, tracer->access, sequential ? EVENT_READ_SEQUENTIAL : EVENT_READ, region);
}

// Reads that a core splits into smaller ones. `detail`: 0 a halfword, 1 a word at half of one, 2 a word at an odd
// address.
void event_unaligned_read(Tracer* tracer, uint32_t address, uint32_t size) {
  if (size != 2 && size != 4) return;  // pairs of words need only be aligned to words
  count_event(tracer, tracer->previous, tracer->access, EVENT_UNALIGNED, size == 2 ? 0 : 1 + (address & 1));
}

static uint32_t bits(uint32_t value) { return value == 0 ? 0 : 32 - (uint32_t)__builtin_clz(value); }

static uint32_t magnitude(uint32_t value, bool is_signed) { return is_signed && value >> 31 ? 0 - value : value; }

// Called before each divide. `detail`: 0 an operand is zero, 1 the dividend is shorter than the divisor, 2 + n it is
// n bits longer.
void tracer_on_divide(void* engine, uint64_t address64, uint32_t size, void* user) {
  (void)engine;
  (void)size;
  Tracer* tracer = user;
  uint32_t address = (uint32_t)address64;
  const Block* block = &tracer->blocks[tracer->previous];
  const uint8_t* code = tracer_code(tracer, address);
  if (!tracer->counting || code == NULL || address - block->address >= block->size_bytes) return;
  bool is_signed = (code[0] & 0x20) == 0;
  uint32_t dividend = magnitude(general_register(tracer, code[0] & 0xF), is_signed);
  uint32_t divisor = magnitude(general_register(tracer, code[2] & 0xF), is_signed);
  uint32_t detail = 0;
  if (dividend != 0 && divisor != 0) detail = bits(dividend) < bits(divisor) ? 1 : 2 + bits(dividend) - bits(divisor);
  count_event(tracer, tracer->previous, address - block->address, EVENT_DIVIDE, detail);
}

static bool is_access(enum EventKind kind) {
  return kind == EVENT_READ || kind == EVENT_READ_SEQUENTIAL || kind == EVENT_UNALIGNED;
}

// Writes what was counted since the last time as records of the current layer and starts again at zero.
void events_snapshot(Tracer* tracer, bool keep) {
  for (uint32_t i = 0; tracer->event_used != 0 && i < tracer->event_capacity; i++) {
    Event* event = &tracer->events[i];
    if (event->key == 0) continue;
    const Block* block = &tracer->blocks[event->key >> 32];
    uint32_t place = event->key >> 16 & 0xFFFF;
    enum EventKind kind = (enum EventKind)(event->key >> 8 & 0xFF);
    const uint8_t* code = tracer_code(tracer, block->address);
    uint32_t offset = is_access(kind) ? decode_access(code, block, place) : decode_start(code, block, place);
    EventRecord* record = keep ? records_push(&tracer->event_records, sizeof(EventRecord)) : NULL;
    if (record != NULL) {
      *record = (EventRecord){tracer->layer, block->address + offset, kind, event->key & 0xFF, event->count};
    } else if (keep) {
      tracer_stop(tracer, STOP_TABLE_FULL, block->address);
    }
    *event = (Event){0};
  }
  tracer->event_used = 0;
}
