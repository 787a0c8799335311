// What is counted, as it is handed to Python (profiler/run/native_types.py), and events: see events.c.
#pragma once

#include <stdint.h>

typedef struct {
  int32_t layer;
  uint32_t address, size_bytes, instructions;
  uint64_t count;
} BlockRecord;
typedef struct {
  int32_t layer;
  uint32_t from_address, to_address, reserved;
  uint64_t count;
} EdgeRecord;
typedef struct {
  uint64_t fetches, fetch_misses, fetch_sequential_misses, reads, read_misses, read_sequential_misses, writes;
} Counts;
typedef struct {
  int32_t layer;
  uint32_t region;
  Counts counts;
} MemoryRecord;

enum EventKind {
  EVENT_FETCH = 0,  // detail: region
  EVENT_FETCH_SEQUENTIAL,
  EVENT_READ,
  EVENT_READ_SEQUENTIAL,
  EVENT_UNALIGNED,  // detail: event_unaligned_read() says which
  EVENT_DIVIDE,     // detail: tracer_on_divide() says which
};
typedef struct {
  int32_t layer;
  uint32_t address, kind, detail;
  uint64_t count;
} EventRecord;

typedef struct {
  uint64_t key;  // block, place in it, kind, detail; 0 marks a free slot
  uint64_t count;
} Event;
