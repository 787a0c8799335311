// The memory system: line buffers and caches fed by block addresses and data accesses, and alignment checks.
#include <string.h>

#include "tracer.h"

static uint32_t next_random(uint32_t* state) {  // xorshift32: deterministic, never zero
  *state ^= *state << 13;
  *state ^= *state >> 17;
  *state ^= *state << 5;
  return *state;
}

static uint32_t least_recent(const Cache* cache, uint32_t first) {
  uint32_t best = first;
  for (uint32_t slot = first; slot < first + cache->config.ways; slot++) {
    if (cache->line_of[slot] == NO_LINE) return slot;
    if (cache->stamp[slot] < cache->stamp[best]) best = slot;
  }
  return best;
}

static uint32_t choose_victim(Cache* cache, uint32_t set) {
  uint32_t first = set * cache->config.ways;
  if (cache->config.replacement == 0) return least_recent(cache, first);
  for (uint32_t slot = first; slot < first + cache->config.ways; slot++) {
    if (cache->line_of[slot] == NO_LINE) return slot;
  }
  if (cache->config.replacement == 2) return first + next_random(&cache->victim[set]) % cache->config.ways;
  uint32_t way = cache->victim[set];
  cache->victim[set] = (way + 1) % cache->config.ways;
  return first + way;
}

// Replacement in a set that is empty, as at power-up. No part promises that of its pseudo-random sequence; but every
// sequence is a sample of what it does, and with this one nothing depends on what was in the cache before.
void cache_start_set(Cache* cache, uint32_t set) {
  bool random = cache->config.replacement == 2;
  cache->victim[set] = random ? (0x2545F491u ^ set * 2654435761u) | 1 : 0;
}

static bool set_is_empty(const Cache* cache, uint32_t set) {
  const uint32_t* lines = &cache->line_of[set * cache->config.ways];
  for (uint32_t way = 0; way < cache->config.ways; way++) {
    if (lines[way] != NO_LINE) return false;
  }
  return true;
}

void cache_drop(Cache* cache, uint32_t slot) {
  if (cache->line_of[slot] == NO_LINE) return;
  cache->slot_of[cache->line_of[slot]] = NO_SLOT;
  cache->line_of[slot] = NO_LINE;
  cache->latest = NO_LINE;
  uint32_t set = slot / cache->config.ways;
  if (set_is_empty(cache, set)) cache_start_set(cache, set);
}

// True on a hit; a miss brings the line in.
static bool cache_access(Cache* cache, const Region* region, uint32_t index, uint32_t offset) {
  uint32_t line = cache->line_base[index] + (offset >> cache->line_shift);
  if (line == cache->latest) return true;
  cache->latest = line;
  uint16_t slot = cache->slot_of[line];
  if (slot != NO_SLOT) {
    cache->stamp[slot] = ++cache->clock;
    return true;
  }
  uint32_t set = ((region->config.address + offset) >> cache->line_shift) % cache->config.sets;
  uint32_t victim = choose_victim(cache, set);
  if (cache->line_of[victim] != NO_LINE) cache->slot_of[cache->line_of[victim]] = NO_SLOT;
  cache->line_of[victim] = line;
  cache->slot_of[line] = (uint16_t)victim;
  cache->stamp[victim] = ++cache->clock;
  return false;
}

// Asks the caches in order, nearest first; every one that is asked and misses fills its line.
static bool caches_serve(Cache** caches, uint32_t count, const Region* region, uint32_t index, uint32_t offset) {
  for (uint32_t i = 0; i < count; i++) {
    if (cache_access(caches[i], region, index, offset)) return true;
  }
  return false;
}

static bool holds(const Cache* cache, uint32_t index, uint32_t offset) {
  return cache->slot_of[cache->line_base[index] + (offset >> cache->line_shift)] != NO_SLOT;
}

// A flash accelerator copies a line into its cache only when neither the cache nor its prefetch buffer has it
// (STM32F4 RM0090 3.5.2, STM32G0 RM0444 3.3): what the prefetch buffer delivers leaves the cache to branch targets.
static bool only_prefetched(const Region* region, uint32_t index, uint32_t offset) {
  for (uint32_t i = 0; i < region->instruction_cache_count; i++) {
    if (holds(region->instruction_caches[i], index, offset)) return false;
  }
  return true;
}

static void count_fetch_miss(Tracer* tracer, const Block* block, uint32_t line, bool sequential) {
  Region* region = &tracer->regions[block->region];
  region->counts.fetch_misses++;
  region->counts.fetch_sequential_misses += sequential;
  uint32_t first = block->first_line << region->line_shift, start = block->address % region->config.line_bytes;
  uint32_t offset = line == block->first_line ? 0 : (line << region->line_shift) - first - start;
  event_fetch_miss(tracer, block, offset, block->region, sequential);
}

static void fetch_line(Tracer* tracer, const Block* block, uint32_t line) {
  uint32_t index = block->region;
  Region* region = &tracer->regions[index];
  uint32_t offset = line << region->line_shift;
  bool sequential = line == region->fetch_line + 1;
  region->fetch_line = line;
  region->counts.fetches++;
  if (!region->config.timed) return;
  if (sequential && region->config.prefetched && only_prefetched(region, index, offset)) {
    count_fetch_miss(tracer, block, line, true);
    return;
  }
  if (caches_serve(region->instruction_caches, region->instruction_cache_count, region, index, offset)) return;
  count_fetch_miss(tracer, block, line, sequential);
}

void simulate_fetch(Tracer* tracer, const Block* block) {
  Region* region = &tracer->regions[block->region];
  for (uint32_t line = block->first_line; line <= block->last_line; line++) {
    if (line != region->fetch_line) fetch_line(tracer, block, line);
  }
}

static void read_line(Tracer* tracer, uint32_t index, uint32_t offset) {
  Region* region = &tracer->regions[index];
  uint32_t line = offset >> region->line_shift;
  bool same = region->config.buffered && line == region->read_line;
  bool sequential = line == region->read_line + 1;
  region->read_line = line;
  bool served = region->data_cache_count == 0
                    ? same
                    : caches_serve(region->data_caches, region->data_cache_count, region, index, offset);
  if (served) return;
  region->counts.read_misses++;
  if (sequential) region->counts.read_sequential_misses++;
  event_read_miss(tracer, index, sequential);
}

// A word access that is not word-aligned is legal for single loads and stores only, where the core allows it at all.
static void check_alignment(Tracer* tracer, uint32_t address, uint32_t size, uint32_t kind) {
  if ((address & (size - 1)) == 0) return;
  const Block* block = &tracer->blocks[tracer->previous];
  uint32_t at = tracer_where(tracer);
  if (!tracer->options.aligned_only) {
    if (!(block->flags & BLOCK_STRICT_ALIGNMENT) || size < 4) return;
    if (!decode_strict_access(tracer, tracer_code(tracer, block->address), block, address, &at)) return;
  }
  tracer->status.access_address = address;
  tracer->status.access_bytes = size;
  tracer->status.access_kind = kind;
  tracer_stop(tracer, STOP_UNALIGNED, at);
}

static void read_data(Tracer* tracer, int32_t kind, uint32_t address, int32_t size) {
  Page page = tracer->pages[address >> 12];
  if (page.region == NO_REGION || tracer->stop_reason != STOP_NONE) return;
  if (address & (uint32_t)(size - 1)) {
    check_alignment(tracer, address, (uint32_t)size, (uint32_t)kind);
    event_unaligned_read(tracer, address, (uint32_t)size);
  }
  Region* region = &tracer->regions[page.region];
  region->counts.reads++;
  if (!tracer->simulating || !region->config.timed) return;
  uint32_t offset = page.offset + (address & 0xFFF);
  read_line(tracer, page.region, offset);
  uint32_t last = offset + (uint32_t)size - 1;
  if (last >> region->line_shift != offset >> region->line_shift) read_line(tracer, page.region, last);
}

void tracer_on_read(void* engine, int32_t kind, uint64_t address, int32_t size, int64_t value, void* user) {
  (void)engine;
  (void)value;
  read_data(user, kind, (uint32_t)address, size);
  ((Tracer*)user)->access++;
}

void tracer_on_write(void* engine, int32_t kind, uint64_t address64, int32_t size, int64_t value, void* user) {
  (void)engine;
  (void)value;
  Tracer* tracer = user;
  tracer->access++;
  uint32_t address = (uint32_t)address64;
  Page page = tracer->pages[address >> 12];
  if (page.region == NO_REGION || tracer->stop_reason != STOP_NONE) return;
  if (address & (uint32_t)(size - 1)) check_alignment(tracer, address, (uint32_t)size, (uint32_t)kind);
  if (address < tracer->status.stack_low && tracer->options.stack_limit != 0 &&
      address >= tracer->options.stack_limit && address < tracer->options.stack_top) {
    tracer->status.stack_low = address;
  }
  Region* region = &tracer->regions[page.region];
  region->counts.writes++;
  if (!tracer->simulating || region->data_cache_count == 0) return;
  // Cached RAM is write-back, write-allocate in the default memory map: a write brings its line in.
  uint32_t offset = page.offset + (address & 0xFFF);
  caches_serve(region->data_caches, region->data_cache_count, region, page.region, offset);
}

bool tracer_on_invalid(void* engine, int32_t kind, uint64_t address, int32_t size, int64_t value, void* user) {
  (void)engine;
  Tracer* tracer = user;
  if (tracer->stop_reason != STOP_NONE) return false;
  tracer->status.access_address = (uint32_t)address;
  tracer->status.access_bytes = (uint32_t)size;
  tracer->status.access_kind = (uint32_t)kind;
  tracer->status.access_value = (uint32_t)value;
  tracer_stop(tracer, STOP_MEMORY_FAULT, tracer_where(tracer));
  return false;
}

// Host address of a whole buffer in RAM, for a peripheral that is a bus master.
bool memory_dma(Tracer* tracer, uint32_t address, uint32_t bytes, uint8_t** host) {
  for (uint32_t i = 0; i < tracer->region_count; i++) {
    const MemoryConfig* config = &tracer->regions[i].config;
    uint32_t offset = address - config->address;
    if (!config->writable || offset >= config->size_bytes || bytes > config->size_bytes - offset) continue;
    *host = config->host + offset;
    return true;
  }
  tracer->status.access_address = address;
  tracer->status.access_bytes = bytes;
  tracer_stop(tracer, STOP_DMA, tracer_where(tracer));
  return false;
}

void memory_snapshot(Tracer* tracer) {
  static const Counts kNothing;
  for (uint32_t i = 0; tracer->simulating && i < tracer->region_count; i++) {
    if (memcmp(&tracer->regions[i].counts, &kNothing, sizeof kNothing) == 0) continue;
    MemoryRecord* record = records_push(&tracer->memory_records, sizeof(MemoryRecord));
    if (record == NULL) {
      tracer_stop(tracer, STOP_TABLE_FULL, tracer->blocks[tracer->previous].address);
      return;
    }
    *record = (MemoryRecord){tracer->layer, i, tracer->regions[i].counts};
  }
}

void memory_reset_counts(Tracer* tracer) {
  for (uint32_t i = 0; i < tracer->region_count; i++) tracer->regions[i].counts = (Counts){0};
}
