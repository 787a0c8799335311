// Maintenance of the core's own (level-1) caches: which lines they hold, not the bytes, which memory always has.
// Registers: Armv7-M ARM B2.2.7 (cache maintenance operations), B4.8 (cache identification).
#include "tracer.h"

#define CCSIDR 0xE000ED80u
#define CSSELR 0xE000ED84u
#define ICIALLU 0xE000EF50u
#define DCISW 0xE000EF60u
#define DCCISW 0xE000EF74u

static uint32_t log2_of(uint32_t value) { return value <= 1 ? 0 : 32 - (uint32_t)__builtin_clz(value - 1); }

// [27:13] sets - 1, [12:3] ways - 1, [2:0] log2(words of a line) - 2 of the cache that CSSELR selects: 1 instruction.
static uint32_t geometry(const Tracer* tracer) {
  bool instruction = peripheral_word((Peripherals*)&tracer->peripherals, CSSELR) & 1;
  for (uint32_t i = 0; i < tracer->cache_count; i++) {
    const CacheConfig* config = &tracer->caches[i].config;
    if (!(instruction ? config->serves_instructions : config->serves_data)) continue;
    return (config->sets - 1) << 13 | (config->ways - 1) << 3 | (log2_of(config->line_bytes) - 4);
  }
  return 0;
}

bool maintenance_read(const Tracer* tracer, uint32_t address, uint32_t* value) {
  if (!tracer->options.level1_caches || address != CCSIDR) return false;
  *value = geometry(tracer);
  return true;
}

static void drop_all(Cache* cache) {
  for (uint32_t slot = 0; slot < cache->config.sets * cache->config.ways; slot++) cache_drop(cache, slot);
}

// The way is in the top bits, as many as it takes; the set begins at the bit that is the line's size.
static void drop_line(Cache* cache, uint32_t value) {
  uint32_t way_bits = log2_of(cache->config.ways);
  uint32_t way = way_bits == 0 ? 0 : value >> (32 - way_bits);
  uint32_t set = (value >> log2_of(cache->config.line_bytes)) & ((1u << log2_of(cache->config.sets)) - 1);
  if (way < cache->config.ways && set < cache->config.sets) cache_drop(cache, set * cache->config.ways + way);
}

void maintenance_write(Tracer* tracer, uint32_t address, uint32_t value) {
  if (!tracer->options.level1_caches) return;
  for (uint32_t i = 0; i < tracer->cache_count; i++) {
    Cache* cache = &tracer->caches[i];
    if (address == ICIALLU && cache->config.serves_instructions) drop_all(cache);
    if ((address == DCISW || address == DCCISW) && cache->config.serves_data) drop_line(cache, value);
  }
}
