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
