// Native half of the embedded emulator: everything that happens per basic block, per memory access or per peripheral
// access. Python owns the engine, creates one Tracer for it, describes the board through tracer_add_*, registers the
// tracer_on_* callbacks as hooks and reads the records after the run. Nothing here allocates in the hot path.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "events.h"

#define MAX_REGIONS 32
#define MAX_CACHES 8
#define MAX_CODE_RANGES 64
#define MAX_BLOCKS (1u << 18)
#define NO_REGION 0u  // region 0 is never used
#define NO_LINE 0xFFFFFFFFu
#define NO_BLOCK 0u  // block 0 is never used
#define NO_SLOT 0xFFFF
#define DISPATCH (-1)

// Why a run ended. Mirrored, like the structures below, in profiler/run/native_types.py.
enum StopReason {
  STOP_NONE = 0,
  STOP_SCRIPT_DONE,
  STOP_INSTRUCTION_LIMIT,
  STOP_REQUESTED,
  STOP_MEMORY_FAULT,
  STOP_EXCEPTION,
  STOP_ILLEGAL_INSTRUCTION,
  STOP_FPU_DISABLED,
  STOP_UNALIGNED,
  STOP_STACK_OVERFLOW,
  STOP_RESET,
  STOP_DMA,
  STOP_TABLE_FULL,
  STOP_REGION_END,
  STOP_SEGMENT,
};

// The functions of the engine that the tracer calls, and its register numbers, all told by Python.
typedef struct {
  void* engine;
  int32_t (*reg_read)(void* engine, int32_t reg, void* value);
  int32_t (*emu_stop)(void* engine);
  int32_t (*on_tick)(uint64_t instructions);  // non-zero ends the run
  int32_t reg_r0, reg_sp, reg_lr;             // R1 to R12 follow R0
  uint32_t has_fpu;                           // floating point must be enabled before use
  uint32_t has_dsp;
  uint32_t baseline_isa;   // Armv6-M: no Thumb-2 beyond BL, MRS, MSR and barriers
  uint32_t aligned_only;   // unaligned accesses fault
  uint32_t level1_caches;  // the caches are the core's own, maintained by its registers
  uint32_t stack_limit;    // lowest address the stack may use, 0 when unknown
  uint32_t stack_top;      // initial stack pointer
  uint64_t instruction_limit;
  uint64_t tick_instructions;
} TracerOptions;

typedef struct {
  uint32_t address, size_bytes, line_bytes;
  uint32_t writable;
  uint32_t timed;       // reads may wait: count misses
  uint32_t buffered;    // the last line read is kept (flash); otherwise every uncached read is a miss
  uint32_t prefetched;  // the next line is always there in time: it is not brought into instruction caches
  uint8_t* host;
} MemoryConfig;

typedef struct {
  uint32_t serves_instructions, serves_data;
  uint32_t region_mask;  // bit i: region i
  uint32_t line_bytes, ways, sets;
  uint32_t replacement;  // 0 LRU, 1 round robin, 2 pseudo-random
} CacheConfig;

typedef struct {
  uint32_t address, reset_value, set_bits, clear_bits;
  uint32_t mirror_count;
  struct {
    uint32_t from_lsb, to_lsb, width;
  } mirrors[8];
} RegisterRule;

typedef struct {
  uint32_t stop_reason, stop_address, access_address, access_bytes, access_kind, access_value;
  int32_t layer;
  uint32_t stack_low;
  uint64_t instructions;
  uint32_t inferences;                  // completed returns of model_invoke
  uint32_t script_consumed;             // bytes of the script the firmware has read
  uint32_t script_blocked;              // non-zero: the firmware never said it was ready for the next command
  uint32_t lost_transmit_bytes;         // written while the transmitter was disabled
  uint32_t counting;                    // non-zero: inside an inference
  uint32_t block_address, block_bytes;  // last block that started
} TracerStatus;

enum BlockFlag {
  BLOCK_ILLEGAL = 1,            // holds an instruction the core does not have
  BLOCK_FPU = 2,                // holds a floating-point instruction
  BLOCK_INVOKE_ENTRY = 4,       // first block of model_invoke
  BLOCK_INVOKE_BODY = 8,        // inside model_invoke
  BLOCK_LAYER_ENTRY = 16,       // first block of a layer function
  BLOCK_RETURN = 32,            // where model_invoke returns to
  BLOCK_STRICT_ALIGNMENT = 64,  // holds a load or store that faults when unaligned on every core
};

// One cache line of the host: everything the block hook touches.
typedef struct {
  uint32_t address;
  uint16_t size_bytes, instructions;
  uint64_t count;
  uint32_t successor[2];
  uint64_t taken[2];
  uint32_t first_line, last_line;
  uint8_t flags, region;
  uint16_t reserved;
  int32_t layer;  // of a BLOCK_LAYER_ENTRY
} Block;

typedef struct {
  uint32_t from, to;
  uint64_t count;
} Edge;  // successors beyond the two in Block

typedef struct {
  uint32_t base, size, region;
  uint32_t* block_of;
} CodeRange;  // block id per halfword

typedef struct {
  CacheConfig config;
  uint32_t line_shift;
  uint32_t latest;  // line of the last access: most recent by definition
  uint64_t clock;
  uint32_t line_base[MAX_REGIONS];  // first line number of each region in slot_of
  uint32_t lines;
  uint16_t* slot_of;  // line → slot, NO_SLOT when absent
  uint32_t* line_of;  // slot → line
  uint64_t* stamp;    // slot → time of last use
  uint32_t* victim;   // set → next way (round robin), or state of its pseudo-random sequence
} Cache;

typedef struct {
  MemoryConfig config;
  uint32_t line_shift;
  uint32_t fetch_line, read_line;  // what the instruction and data line buffers hold
  Cache* instruction_caches[MAX_CACHES];
  Cache* data_caches[MAX_CACHES];
  uint32_t instruction_cache_count, data_cache_count;
  Counts counts;
} Region;

typedef struct {
  uint32_t offset, region;
} Page;  // offset of the page in its region
typedef struct {
  void* items;
  size_t count, capacity;
} Records;

enum UartModel { UART_NONE = 0, UART_STM32_V1, UART_STM32_V2, UART_NRF, UART_NRF_EASYDMA, UART_PL011, UART_CMSDK };

typedef struct {
  uint32_t model, base;
  uint8_t* script;
  size_t script_bytes, script_next;
  uint32_t* pauses;  // script offsets, ascending, at which delivery waits until the prompt was transmitted
  size_t pause_count, pause_next;
  char prompt[16];  // "" means that nothing is waited for
  size_t prompt_bytes, prompt_matched;
  bool ready, prompted;  // now, ever
  uint32_t idle_polls, idle_limit;
  Records output;
  uint32_t lost_transmit_bytes;
  uint32_t held_byte;  // nrf_uart: in RXD, not yet read
  bool holds_byte, receiving, transmitting;
} Uart;

typedef struct {
  uint32_t address, value;
} Word;
typedef struct {
  Word* words;  // open addressing; address 1 marks a free slot
  uint32_t used;
  RegisterRule* rules;
  uint32_t rule_count;
  uint32_t atomic_base, atomic_size;  // RP2040: xor/set/clear aliases of peripherals
  uint64_t cycle_base, systick_base;  // time at which the counters were last set
  uint32_t cycle_value;
  uint64_t systick_reported;
  bool cycle_running, systick_running;
} Peripherals;

typedef struct {
  char value[32];
  size_t bytes, matched;
} Text;
typedef struct {
  Text start[4];  // lines to be transmitted, in order, before counting begins
  uint32_t start_count, start_seen;
  bool line_matches;
  Text end;
  uint32_t end_address;  // of the register whose reading ends it, 0 for none
} RegionMarks;

typedef struct {
  struct Tracer* tracer;
  uint32_t base;
} PeripheralRange;
typedef struct Tracer {
  TracerOptions options;
  // Block hook, hottest first.
  CodeRange* last_range;
  Block* blocks;
  uint32_t block_count, previous;
  uint64_t instructions, next_check;
  uint8_t watched_flags;
  bool counting, simulating;
  bool live;             // time is told by tracer_advance, and leaving a part of an inference stops the run
  uint64_t live_cycles;  // time then
  uint32_t exact_pc;     // last instruction started in the range that is watched exactly, 0 before
  uint32_t stop_reason;
  int32_t layer;
  CodeRange ranges[MAX_CODE_RANGES];
  uint32_t range_count;
  Edge* edges;  // open addressing, grown at half full
  uint32_t edge_capacity, edge_used;
  Event* events;  // open addressing, grown at half full
  uint32_t event_capacity, event_used;
  uint32_t access;         // number of the data access in the current block
  Records touched_blocks;  // uint32_t ids with count > 0
  Records touched_slots;   // uint32_t id * 2 + slot with taken > 0
  Records block_records, edge_records, memory_records, event_records;
  uint32_t invoke_entry, invoke_end, return_address;
  uint32_t profiled_entry, profiled_end;  // the same inference, with the cycle counter read around each layer
  Records layers;                         // LayerEntry
  // Memory.
  Region regions[MAX_REGIONS];
  uint32_t region_count;
  Cache caches[MAX_CACHES];
  uint32_t cache_count;
  Page* pages;  // of 4 KiB, the whole address space
  // Peripherals.
  PeripheralRange peripheral_ranges[16];
  uint32_t peripheral_range_count;
  Peripherals peripherals;
  Uart uart;
  RegionMarks marks;
  TracerStatus status;
} Tracer;

typedef struct {
  int32_t layer;
  uint32_t entry;
} LayerEntry;

// records.c
void* records_push(Records* records, size_t item_bytes);  // NULL when out of memory
// decode.c
void decode_block(const Tracer* tracer, const uint8_t* code, Block* block);
uint32_t decode_find(const Tracer* tracer, const uint8_t* code, const Block* block, uint8_t flag);
bool decode_strict_access(const Tracer* tracer, const uint8_t* code, const Block* block, uint32_t target, uint32_t* at);
uint32_t general_register(const Tracer* tracer, uint32_t number);
uint32_t decode_access(const uint8_t* code, const Block* block, uint32_t access);
uint32_t decode_start(const uint8_t* code, const Block* block, uint32_t offset);
// events.c
void event_fetch_miss(Tracer* tracer, const Block* block, uint32_t offset, uint32_t region, bool sequential);
void event_read_miss(Tracer* tracer, uint32_t region, bool sequential);
void event_unaligned_read(Tracer* tracer, uint32_t address, uint32_t size);
void events_snapshot(Tracer* tracer, bool keep);
// blocks.c
void tracer_stop(Tracer* tracer, uint32_t reason, uint32_t address);
uint32_t tracer_register(const Tracer* tracer, int32_t reg);
uint32_t tracer_where(const Tracer* tracer);
void sample_stack(Tracer* tracer, uint32_t address);
const uint8_t* tracer_code(const Tracer* tracer, uint32_t address);
void begin_counting(Tracer* tracer);
void end_counting(Tracer* tracer);
// memory.c
void simulate_fetch(Tracer* tracer, const Block* block);
void memory_snapshot(Tracer* tracer);
void memory_reset_counts(Tracer* tracer);
void cache_start_set(Cache* cache, uint32_t set);
void cache_drop(Cache* cache, uint32_t slot);
bool memory_dma(Tracer* tracer, uint32_t address, uint32_t bytes, uint8_t** host);
// peripherals.c
uint32_t peripheral_word(Peripherals* peripherals, uint32_t address);
bool peripheral_store(Tracer* tracer, uint32_t address, uint32_t value);
// maintenance.c
bool maintenance_read(const Tracer* tracer, uint32_t address, uint32_t* value);
void maintenance_write(Tracer* tracer, uint32_t address, uint32_t value);
// core.c
uint64_t tracer_time(const Tracer* tracer);
bool core_read(Tracer* tracer, uint32_t address, uint32_t* value);
void core_write(Tracer* tracer, uint32_t address, uint32_t value);
// uart.c
bool uart_access_read(Tracer* tracer, uint32_t offset, uint32_t* value);
bool uart_access_write(Tracer* tracer, uint32_t offset, uint32_t value);
// region.c
void region_on_transmit(Tracer* tracer, uint8_t byte);
void region_on_read(Tracer* tracer, uint32_t address);
