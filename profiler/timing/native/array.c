// Growing arrays and a map from integers to integers.
#include <stdlib.h>

#include "timer.h"

void* array_push(Array* array) {
  if (array->count == array->capacity) {
    size_t capacity = array->capacity == 0 ? 256 : array->capacity * 2;
    void* items = realloc(array->items, capacity * array->item_bytes);
    if (items == NULL) return NULL;
    array->items = items;
    array->capacity = capacity;
  }
  return (char*)array->items + array->count++ * array->item_bytes;
}

static uint32_t slot_of(const Map* map, uint64_t key) {
  uint32_t at = (uint32_t)((key * 0x9E3779B97F4A7C15u) >> 32) & (map->capacity - 1);
  while (map->keys[at] != 0 && map->keys[at] != key) at = (at + 1) & (map->capacity - 1);
  return at;
}

// The value of a key, NULL when it has none.
uint32_t* map_find(const Map* map, uint64_t key) {
  if (map->capacity == 0) return NULL;
  uint32_t at = slot_of(map, key);
  return map->keys[at] == 0 ? NULL : &map->values[at];
}

void map_add(Map* map, uint64_t key, uint32_t value) {
  uint32_t at = slot_of(map, key);
  map->keys[at] = key;
  map->values[at] = value;
  map->used++;
}

void map_free(Map* map) {
  free(map->keys);
  free(map->values);
}

bool map_reserve(Map* map) {
  if (map->capacity != 0 && map->used < map->capacity / 2) return true;
  Map larger = {NULL, NULL, map->capacity == 0 ? 1024 : map->capacity * 2, 0};
  larger.keys = calloc(larger.capacity, sizeof *larger.keys);
  larger.values = malloc(larger.capacity * sizeof *larger.values);
  if (larger.keys == NULL || larger.values == NULL) {
    map_free(&larger);
    return false;
  }
  for (uint32_t i = 0; i < map->capacity; i++) {
    if (map->keys[i] != 0) map_add(&larger, map->keys[i], map->values[i]);
  }
  map_free(map);
  *map = larger;
  return true;
}
