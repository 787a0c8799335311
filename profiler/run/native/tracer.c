// Creation, configuration and results: the functions that Python calls.
#include "tracer.h"

#include <stdlib.h>
#include <string.h>

#define WORDS (1u << 16)
#define PAGES (1u << 20)

void tracer_destroy(Tracer* tracer) {
  if (tracer == NULL) return;
  for (uint32_t i = 0; i < tracer->range_count; i++) free(tracer->ranges[i].block_of);
  for (uint32_t i = 0; i < tracer->cache_count; i++) {
    free(tracer->caches[i].slot_of);
    free(tracer->caches[i].line_of);
    free(tracer->caches[i].stamp);
    free(tracer->caches[i].victim);
  }
  Records* records[] = {&tracer->touched_blocks, &tracer->touched_slots, &tracer->block_records, &tracer->edge_records,
                        &tracer->memory_records, &tracer->event_records, &tracer->layers,        &tracer->uart.output};
  for (size_t i = 0; i < sizeof records / sizeof *records; i++) free(records[i]->items);
  free(tracer->blocks);
  free(tracer->edges);
  free(tracer->events);
  free(tracer->pages);
  free(tracer->uart.script);
  free(tracer->uart.pauses);
  free(tracer->peripherals.words);
  free(tracer->peripherals.rules);
  free(tracer);
}

static bool allocate(Tracer* tracer) {
  tracer->edge_capacity = 1u << 12;
  tracer->blocks = calloc(MAX_BLOCKS, sizeof(Block));
  tracer->edges = calloc(tracer->edge_capacity, sizeof(Edge));
  tracer->pages = calloc(PAGES, sizeof(Page));
  tracer->peripherals.words = malloc(WORDS * sizeof(Word));
  if (!tracer->blocks || !tracer->edges || !tracer->pages || !tracer->peripherals.words) return false;
  for (uint32_t i = 0; i < WORDS; i++) tracer->peripherals.words[i] = (Word){1, 0};
  return true;
}

Tracer* tracer_create(const TracerOptions* options) {
  Tracer* tracer = calloc(1, sizeof(Tracer));
  if (tracer == NULL) return NULL;
  if (!allocate(tracer)) {
    tracer_destroy(tracer);
    return NULL;
  }
  tracer->options = *options;
  tracer->block_count = NO_BLOCK + 1;
  tracer->region_count = NO_REGION + 1;
  tracer->last_range = &tracer->ranges[0];
  tracer->layer = DISPATCH;
  tracer->status.stack_low = options->stack_top;
  tracer->return_address = 1;  // no block has an odd address
  tracer->next_check =
      options->tick_instructions < options->instruction_limit ? options->tick_instructions : options->instruction_limit;
  tracer->watched_flags =
      BLOCK_ILLEGAL | BLOCK_FPU | BLOCK_INVOKE_ENTRY | BLOCK_INVOKE_BODY | BLOCK_LAYER_ENTRY | BLOCK_RETURN;
  return tracer;
}

static bool add_range(Tracer* tracer, uint32_t address, uint32_t region) {
  if (tracer->range_count == MAX_CODE_RANGES) return false;
  uint32_t size = tracer->regions[region].config.size_bytes;
  uint32_t* block_of = calloc(size / 2 + 1, sizeof(uint32_t));
  if (block_of == NULL) return false;
  tracer->ranges[tracer->range_count++] = (CodeRange){address, size, region, block_of};
  for (uint32_t at = 0; at < size; at += 0x1000) {
    tracer->pages[(address + at) >> 12] = (Page){at, region};
  }
  return true;
}

// Index of the region, or -1 when there is no room.
int32_t tracer_add_memory(Tracer* tracer, const MemoryConfig* config) {
  if (tracer->region_count == MAX_REGIONS) return -1;
  uint32_t index = tracer->region_count++;
  Region* region = &tracer->regions[index];
  region->config = *config;
  region->fetch_line = region->read_line = NO_LINE - 1;
  while (1u << region->line_shift < config->line_bytes) region->line_shift++;
  return add_range(tracer, config->address, index) ? (int32_t)index : -1;
}

int32_t tracer_add_alias(Tracer* tracer, uint32_t region, uint32_t address) {
  return add_range(tracer, address, region) ? 0 : -1;
}

static bool allocate_cache(Cache* cache) {
  uint32_t slots = cache->config.ways * cache->config.sets;
  cache->slot_of = malloc((cache->lines + 1) * sizeof(uint16_t));
  cache->line_of = malloc(slots * sizeof(uint32_t));
  cache->stamp = calloc(slots, sizeof(uint64_t));
  cache->victim = calloc(cache->config.sets, sizeof(uint32_t));
  if (!cache->slot_of || !cache->line_of || !cache->stamp || !cache->victim) return false;
  memset(cache->slot_of, 0xFF, (cache->lines + 1) * sizeof(uint16_t));
  memset(cache->line_of, 0xFF, slots * sizeof(uint32_t));
  return true;
}

// Caches serve a region in the order in which they are added, nearest to the core first.
int32_t tracer_add_cache(Tracer* tracer, const CacheConfig* config) {
  if (tracer->cache_count == MAX_CACHES || config->ways * config->sets >= NO_SLOT) return -1;
  Cache* cache = &tracer->caches[tracer->cache_count++];
  cache->config = *config;
  cache->latest = NO_LINE;
  while (1u << cache->line_shift < config->line_bytes) cache->line_shift++;
  for (uint32_t i = 0; i < tracer->region_count; i++) {
    if (!(config->region_mask >> i & 1)) continue;
    Region* region = &tracer->regions[i];
    cache->line_base[i] = cache->lines;
    cache->lines += (region->config.size_bytes >> cache->line_shift) + 1;
    if (config->serves_instructions) region->instruction_caches[region->instruction_cache_count++] = cache;
    if (config->serves_data) region->data_caches[region->data_cache_count++] = cache;
  }
  if (!allocate_cache(cache)) return -1;
  for (uint32_t set = 0; set < config->sets; set++) cache_start_set(cache, set);
  return 0;
}

void tracer_set_simulating(Tracer* tracer, uint32_t simulating) { tracer->simulating = simulating != 0; }

void tracer_set_invoke(Tracer* tracer, uint32_t entry, uint32_t end) {
  tracer->invoke_entry = entry;
  tracer->invoke_end = end;
}

void tracer_set_profiled_invoke(Tracer* tracer, uint32_t entry, uint32_t end) {
  tracer->profiled_entry = entry;
  tracer->profiled_end = end;
}

int32_t tracer_add_layer(Tracer* tracer, int32_t layer, uint32_t entry) {
  LayerEntry* item = records_push(&tracer->layers, sizeof(LayerEntry));
  if (item == NULL) return -1;
  *item = (LayerEntry){layer, entry};
  return 0;
}

int32_t tracer_set_registers(Tracer* tracer, const RegisterRule* rules, uint32_t count) {
  tracer->peripherals.rules = malloc((count + 1) * sizeof(RegisterRule));
  if (tracer->peripherals.rules == NULL) return -1;
  memcpy(tracer->peripherals.rules, rules, count * sizeof(RegisterRule));
  tracer->peripherals.rule_count = count;
  return 0;
}

void tracer_set_atomic(Tracer* tracer, uint32_t base, uint32_t size) {
  tracer->peripherals.atomic_base = base;
  tracer->peripherals.atomic_size = size;
}

// What to give the engine as user data of a peripheral range's callbacks; NULL when there are too many.
void* tracer_add_peripheral_range(Tracer* tracer, uint32_t base) {
  size_t room = sizeof tracer->peripheral_ranges / sizeof *tracer->peripheral_ranges;
  if (tracer->peripheral_range_count == room) return NULL;
  PeripheralRange* range = &tracer->peripheral_ranges[tracer->peripheral_range_count++];
  *range = (PeripheralRange){tracer, base};
  return range;
}

void tracer_read_status(const Tracer* tracer, TracerStatus* status) {
  *status = tracer->status;
  status->stop_reason = tracer->stop_reason;
  status->layer = tracer->layer;
  status->instructions = tracer->instructions;
  status->script_consumed = (uint32_t)tracer->uart.script_next;
  status->script_blocked = !tracer->uart.ready;
  status->counting = tracer->counting;
  status->block_address = tracer->blocks[tracer->previous].address;
  status->block_bytes = tracer->blocks[tracer->previous].size_bytes;
  if (tracer->stop_reason == STOP_NONE) status->stop_address = tracer_where(tracer);
  status->lost_transmit_bytes = tracer->uart.lost_transmit_bytes;
}

// kind: 0 blocks, 1 edges, 2 memory, 3 transmitted bytes, 4 events.
const void* tracer_records(const Tracer* tracer, uint32_t kind, size_t* count) {
  const Records* records[] = {&tracer->block_records, &tracer->edge_records, &tracer->memory_records,
                              &tracer->uart.output, &tracer->event_records};
  *count = records[kind]->count;
  return records[kind]->items;
}

// An exception the firmware raised on purpose or by accident: SVC, BKPT, an undefined instruction.
void tracer_on_interrupt(void* engine, uint32_t number, void* user) {
  (void)engine;
  Tracer* tracer = user;
  tracer->status.access_value = number;
  tracer_stop(tracer, STOP_EXCEPTION, tracer_where(tracer));
}
