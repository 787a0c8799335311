// Growing arrays of plain values.
#include <stdlib.h>

#include "tracer.h"

void* records_push(Records* records, size_t item_bytes) {
  if (records->count == records->capacity) {
    size_t capacity = records->capacity == 0 ? 256 : records->capacity * 2;
    void* items = realloc(records->items, capacity * item_bytes);
    if (items == NULL) return NULL;
    records->items = items;
    records->capacity = capacity;
  }
  return (char*)records->items + records->count++ * item_bytes;
}

// Sizes of the structures shared with the caller, in the order of its own list; 0 behind the last. A library built from
// other sources than the caller is told apart by them.
uint32_t tracer_structure_bytes(uint32_t which) {
  static const uint32_t kBytes[] = {
      sizeof(TracerOptions), sizeof(MemoryConfig), sizeof(CacheConfig),  sizeof(RegisterRule), sizeof(TracerStatus),
      sizeof(BlockRecord),   sizeof(EdgeRecord),   sizeof(MemoryRecord), sizeof(EventRecord),
  };
  return which < sizeof(kBytes) / sizeof(kBytes[0]) ? kBytes[which] : 0;
}
