// What is counted at single instructions: see events.c.
#pragma once

#include <stdint.h>

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
