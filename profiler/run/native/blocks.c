// The block hook: exact counts of basic blocks and control-flow edges, layer by layer.
#include <stdlib.h>

#include "tracer.h"

uint32_t tracer_register(const Tracer* tracer, int32_t reg) {
  uint32_t value = 0;
  tracer->options.reg_read(tracer->options.engine, reg, &value);
  return value;
}

// Where execution stands: the block, or the instruction where the engine was told to tell of each.
uint32_t tracer_where(const Tracer* tracer) {
  const Block* block = &tracer->blocks[tracer->previous];
  return tracer->exact_pc - block->address < block->size_bytes ? tracer->exact_pc : block->address;
}

void tracer_on_code(void* engine, uint64_t address, uint32_t size, void* user) {
  (void)engine;
  (void)size;
  ((Tracer*)user)->exact_pc = (uint32_t)address;
}

// The first reason stands; what the engine still executes before it stops is not counted.
void tracer_stop(Tracer* tracer, uint32_t reason, uint32_t address) {
  if (tracer->stop_reason != STOP_NONE) return;
  tracer->stop_reason = reason;
  tracer->status.stop_address = address;
  tracer->options.emu_stop(tracer->options.engine);
}

void sample_stack(Tracer* tracer, uint32_t address) {
  uint32_t pointer = tracer_register(tracer, tracer->options.reg_sp);
  if (pointer < tracer->status.stack_low) tracer->status.stack_low = pointer;
  if (tracer->options.stack_limit != 0 && pointer < tracer->options.stack_limit) {
    tracer->status.access_address = pointer;
    tracer_stop(tracer, STOP_STACK_OVERFLOW, address);
  }
}

static CodeRange* find_range(Tracer* tracer, uint32_t address) {
  for (uint32_t i = 0; i < tracer->range_count; i++) {
    CodeRange* range = &tracer->ranges[i];
    if (address - range->base < range->size) return range;
  }
  return NULL;
}

const uint8_t* tracer_code(const Tracer* tracer, uint32_t address) {
  const CodeRange* range = find_range((Tracer*)tracer, address);
  return range == NULL ? NULL : tracer->regions[range->region].config.host + (address - range->base);
}

static bool within(uint32_t address, uint32_t start, uint32_t end) { return address - start < end - start; }

static void mark_block(const Tracer* tracer, Block* block) {
  bool profiled = tracer->profiled_entry != 0;
  if (block->address == tracer->invoke_entry || (profiled && block->address == tracer->profiled_entry)) {
    block->flags |= BLOCK_INVOKE_ENTRY;
  }
  if (within(block->address, tracer->invoke_entry, tracer->invoke_end) ||
      (profiled && within(block->address, tracer->profiled_entry, tracer->profiled_end))) {
    block->flags |= BLOCK_INVOKE_BODY;
  }
  if (block->address == tracer->return_address) block->flags |= BLOCK_RETURN;
  const LayerEntry* layers = tracer->layers.items;
  for (size_t i = 0; i < tracer->layers.count; i++) {
    if (layers[i].entry != block->address) continue;
    block->flags |= BLOCK_LAYER_ENTRY;
    block->layer = layers[i].layer;
  }
}

static uint32_t discover(Tracer* tracer, const CodeRange* range, uint32_t address, uint32_t size) {
  if (tracer->block_count == MAX_BLOCKS) {
    tracer_stop(tracer, STOP_TABLE_FULL, address);
    return NO_BLOCK;
  }
  uint32_t id = tracer->block_count++;
  Block* block = &tracer->blocks[id];
  const Region* region = &tracer->regions[range->region];
  uint32_t offset = address - range->base;
  block->address = address;
  block->size_bytes = (uint16_t)size;
  block->region = (uint8_t)range->region;
  block->first_line = offset >> region->line_shift;
  block->last_line = (offset + size - 1) >> region->line_shift;
  decode_block(tracer, region->config.host + offset, block);
  mark_block(tracer, block);
  range->block_of[offset >> 1] = id;
  sample_stack(tracer, address);
  return id;
}

// The same address with another size is another block: the engine may cut a block short.
static uint32_t find_block(Tracer* tracer, uint32_t address, uint32_t size) {
  CodeRange* range = tracer->last_range;
  if (address - range->base >= range->size) {
    range = find_range(tracer, address);
    if (range == NULL) {
      tracer_stop(tracer, STOP_MEMORY_FAULT, address);
      return NO_BLOCK;
    }
    tracer->last_range = range;
  }
  uint32_t id = range->block_of[(address - range->base) >> 1];
  if (id != NO_BLOCK && tracer->blocks[id].size_bytes == size) return id;
  return discover(tracer, range, address, size);
}

static void* push_or_stop(Tracer* tracer, Records* records, size_t item_bytes) {
  void* item = records_push(records, item_bytes);
  if (item == NULL) tracer_stop(tracer, STOP_TABLE_FULL, tracer->blocks[tracer->previous].address);
  return item;
}

static Edge* probe_edge(Edge* edges, uint32_t capacity, uint32_t from, uint32_t to) {
  uint32_t at = (from * 2654435761u ^ to * 2246822519u) & (capacity - 1);
  while (edges[at].to != NO_BLOCK && (edges[at].from != from || edges[at].to != to)) at = (at + 1) & (capacity - 1);
  return &edges[at];
}

static bool grow_edges(Tracer* tracer) {
  uint32_t capacity = tracer->edge_capacity * 2;
  Edge* edges = calloc(capacity, sizeof(Edge));
  if (edges == NULL) return false;
  for (uint32_t i = 0; i < tracer->edge_capacity; i++) {
    Edge* edge = &tracer->edges[i];
    if (edge->to != NO_BLOCK) *probe_edge(edges, capacity, edge->from, edge->to) = *edge;
  }
  free(tracer->edges);
  tracer->edges = edges;
  tracer->edge_capacity = capacity;
  return true;
}

static void count_other_edge(Tracer* tracer, uint32_t from, uint32_t to) {
  Edge* edge = probe_edge(tracer->edges, tracer->edge_capacity, from, to);
  if (edge->to == NO_BLOCK) {
    edge->from = from;
    edge->to = to;
    sample_stack(tracer, tracer->blocks[to].address);
    if (++tracer->edge_used > tracer->edge_capacity / 2) {
      if (!grow_edges(tracer)) tracer_stop(tracer, STOP_TABLE_FULL, tracer->blocks[to].address);
      edge = probe_edge(tracer->edges, tracer->edge_capacity, from, to);
    }
  }
  edge->count++;
}

static void count_edge(Tracer* tracer, uint32_t from, uint32_t to) {
  Block* block = &tracer->blocks[from];
  for (uint32_t slot = 0; slot < 2; slot++) {
    if (block->successor[slot] == NO_BLOCK) block->successor[slot] = to;
    if (block->successor[slot] != to) continue;
    if (block->taken[slot]++ == 0) {
      uint32_t* touched = push_or_stop(tracer, &tracer->touched_slots, sizeof(uint32_t));
      if (touched != NULL) *touched = from * 2 + slot;
      sample_stack(tracer, tracer->blocks[to].address);
    }
    return;
  }
  count_other_edge(tracer, from, to);
}

static void push_edge(Tracer* tracer, uint32_t from, uint32_t to, uint64_t count) {
  EdgeRecord* record = push_or_stop(tracer, &tracer->edge_records, sizeof(EdgeRecord));
  if (record == NULL) return;
  *record = (EdgeRecord){tracer->layer, tracer->blocks[from].address, tracer->blocks[to].address, 0, count};
}

// Writes what was counted since the last snapshot as records of the current layer (unless `keep` is false) and
// starts again at zero.
static void snapshot(Tracer* tracer, bool keep) {
  const uint32_t* ids = tracer->touched_blocks.items;
  for (size_t i = 0; i < tracer->touched_blocks.count; i++) {
    Block* block = &tracer->blocks[ids[i]];
    BlockRecord* record = keep ? push_or_stop(tracer, &tracer->block_records, sizeof(BlockRecord)) : NULL;
    if (record != NULL) {
      *record = (BlockRecord){tracer->layer, block->address, block->size_bytes, block->instructions, block->count};
    }
    block->count = 0;
  }
  const uint32_t* slots = tracer->touched_slots.items;
  for (size_t i = 0; i < tracer->touched_slots.count; i++) {
    Block* block = &tracer->blocks[slots[i] / 2];
    if (keep) push_edge(tracer, slots[i] / 2, block->successor[slots[i] % 2], block->taken[slots[i] % 2]);
    block->taken[slots[i] % 2] = 0;
  }
  for (uint32_t i = 0; tracer->edge_used != 0 && i < tracer->edge_capacity; i++) {
    Edge* edge = &tracer->edges[i];
    if (edge->to != NO_BLOCK && keep) push_edge(tracer, edge->from, edge->to, edge->count);
    *edge = (Edge){0};
  }
  tracer->edge_used = 0;
  tracer->touched_blocks.count = 0;
  tracer->touched_slots.count = 0;
  events_snapshot(tracer, keep);
  if (keep) memory_snapshot(tracer);
  memory_reset_counts(tracer);
}

void begin_counting(Tracer* tracer) {
  snapshot(tracer, false);
  tracer->block_records.count = 0;
  tracer->edge_records.count = 0;
  tracer->memory_records.count = 0;
  tracer->event_records.count = 0;
  tracer->layer = DISPATCH;
  tracer->counting = true;
}

static void begin_inference(Tracer* tracer) {
  begin_counting(tracer);
  tracer->return_address = tracer_register(tracer, tracer->options.reg_lr) & ~1u;
  CodeRange* range = find_range(tracer, tracer->return_address);
  uint32_t id = range == NULL ? NO_BLOCK : range->block_of[(tracer->return_address - range->base) >> 1];
  if (id != NO_BLOCK) tracer->blocks[id].flags |= BLOCK_RETURN;
}

void end_counting(Tracer* tracer) {
  snapshot(tracer, true);
  tracer->counting = false;
  tracer->layer = DISPATCH;
  tracer->status.inferences++;
}

static void enter_layer(Tracer* tracer, int32_t layer) {
  if (tracer->layer == layer) return;
  snapshot(tracer, true);
  tracer->layer = layer;
}

// True when the run stops for it, before the block: a layer of a profiled inference has ended.
static bool leave_layer(Tracer* tracer, uint32_t address) {
  bool left = tracer->layer != DISPATCH;
  enter_layer(tracer, DISPATCH);
  bool stops = left && tracer->live && within(address, tracer->profiled_entry, tracer->profiled_end);
  if (stops) tracer_stop(tracer, STOP_SEGMENT, address);
  return stops;
}

// False when the block must not run now.
static bool handle_flags(Tracer* tracer, const Block* block) {
  uint8_t flags = block->flags & tracer->watched_flags;
  if (flags & (BLOCK_ILLEGAL | BLOCK_FPU)) {
    uint8_t flag = flags & BLOCK_ILLEGAL ? BLOCK_ILLEGAL : BLOCK_FPU;
    uint32_t reason = flags & BLOCK_ILLEGAL ? STOP_ILLEGAL_INSTRUCTION : STOP_FPU_DISABLED;
    tracer_stop(tracer, reason, decode_find(tracer, tracer_code(tracer, block->address), block, flag));
    return false;
  }
  if (flags & BLOCK_INVOKE_ENTRY) {
    begin_inference(tracer);
  } else if (tracer->counting) {
    if (flags & BLOCK_LAYER_ENTRY)
      enter_layer(tracer, block->layer);
    else if (flags & BLOCK_INVOKE_BODY)
      return !leave_layer(tracer, block->address);
    else if (flags & BLOCK_RETURN && block->address == tracer->return_address) {
      end_counting(tracer);
      if (tracer->live) tracer_stop(tracer, STOP_SEGMENT, block->address);
      return !tracer->live;
    }
  }
  return true;
}

static void check_limits(Tracer* tracer, uint32_t address) {
  if (tracer->instructions >= tracer->options.instruction_limit) {
    tracer_stop(tracer, STOP_INSTRUCTION_LIMIT, address);
    return;
  }
  if (tracer->live && tracer->uart.idle_polls >= tracer->uart.idle_limit) {
    tracer->uart.idle_polls = 0;
    tracer_stop(tracer, STOP_SCRIPT_DONE, address);
    return;
  }
  if (tracer->options.on_tick(tracer->instructions) != 0) tracer_stop(tracer, STOP_REQUESTED, address);
  uint64_t next = tracer->instructions + tracer->options.tick_instructions;
  tracer->next_check = next < tracer->options.instruction_limit ? next : tracer->options.instruction_limit;
}

void tracer_on_block(void* engine, uint64_t address, uint32_t size, void* user) {
  (void)engine;
  Tracer* tracer = user;
  if (tracer->stop_reason != STOP_NONE) return;
  uint32_t id = find_block(tracer, (uint32_t)address, size);
  if (id == NO_BLOCK) return;
  Block* block = &tracer->blocks[id];
  if (block->flags & tracer->watched_flags && !handle_flags(tracer, block)) return;
  tracer->instructions += block->instructions;
  if (tracer->instructions >= tracer->next_check) check_limits(tracer, block->address);
  if (tracer->counting) {
    if (block->count++ == 0) {
      uint32_t* touched = push_or_stop(tracer, &tracer->touched_blocks, sizeof(uint32_t));
      if (touched != NULL) *touched = id;
    }
    count_edge(tracer, tracer->previous, id);
  }
  if (tracer->simulating) simulate_fetch(tracer, block);
  tracer->access = 0;
  tracer->previous = id;
}
