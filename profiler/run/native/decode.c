// Just enough Thumb decoding: how many instructions a block has, and what in it needs watching.
#include "tracer.h"

static uint32_t halfword(const uint8_t* code) { return (uint32_t)code[0] | (uint32_t)code[1] << 8; }

static bool is_wide(uint32_t first) { return first >= 0xE800; }

// Armv6-M Architecture Reference Manual, A5.2 (16-bit) and A5.3 (32-bit): what later architectures added faults.
static bool is_beyond_baseline(uint32_t first, uint32_t second) {
  if (!is_wide(first)) {
    bool compare_and_branch = (first & 0xF500) == 0xB100;
    bool if_then = (first & 0xFF00) == 0xBF00 && (first & 0xF) != 0;
    return compare_and_branch || if_then;
  }
  bool branch_link = (first & 0xF800) == 0xF000 && (second & 0xD000) == 0xD000;
  bool msr = (first & 0xFFE0) == 0xF380 && (second & 0xD000) == 0x8000;
  bool mrs = (first & 0xFFE0) == 0xF3E0 && (second & 0xD000) == 0x8000;
  bool barrier = first == 0xF3BF && (second & 0xFF00) == 0x8F00;
  bool undefined = (first & 0xFFF0) == 0xF7F0 && (second & 0xF000) == 0xA000;
  return !(branch_link || msr || mrs || barrier || undefined);
}

// Armv7-M Architecture Reference Manual, A5.3.18: coprocessors 10 and 11 are the floating-point extension.
static bool is_fpu(uint32_t first, uint32_t second) {
  uint32_t coprocessor = second >> 8 & 0xF;
  return (first & 0xEC00) == 0xEC00 && (coprocessor == 10 || coprocessor == 11);
}

// Armv7-M Architecture Reference Manual, A3.2.1: multi-word, dual-word and floating-point accesses never may be
// unaligned.
static bool is_strict(uint32_t first, uint32_t second) {
  if (!is_wide(first)) {
    bool multiple = (first & 0xF000) == 0xC000;
    bool push_or_pop = (first & 0xF600) == 0xB400;
    return multiple || push_or_pop;
  }
  bool multiple_or_dual = (first & 0xFE00) == 0xE800;
  return multiple_or_dual || is_fpu(first, second);
}

static uint8_t instruction_flags(const Tracer* tracer, uint32_t first, uint32_t second) {
  uint8_t flags = 0;
  if (tracer->options.baseline_isa && is_beyond_baseline(first, second)) flags |= BLOCK_ILLEGAL;
  if (is_wide(first) && is_fpu(first, second)) flags |= BLOCK_FPU;
  if (is_strict(first, second)) flags |= BLOCK_STRICT_ALIGNMENT;
  return flags;
}

bool decode_is_strict(const uint8_t* code) { return is_strict(halfword(code), halfword(code + 2)); }

void decode_block(const Tracer* tracer, const uint8_t* code, Block* block) {
  for (uint32_t at = 0; at < block->size_bytes;) {
    uint32_t first = halfword(code + at);
    uint32_t second = is_wide(first) ? halfword(code + at + 2) : 0;
    block->flags |= instruction_flags(tracer, first, second);
    block->instructions++;
    at += is_wide(first) ? 4 : 2;
  }
}

// Address of the block's first instruction with `flag`, the block's own when there is none.
uint32_t decode_find(const Tracer* tracer, const uint8_t* code, const Block* block, uint8_t flag) {
  for (uint32_t at = 0; at < block->size_bytes;) {
    uint32_t first = halfword(code + at);
    uint32_t second = is_wide(first) ? halfword(code + at + 2) : 0;
    if (instruction_flags(tracer, first, second) & flag) return block->address + at;
    at += is_wide(first) ? 4 : 2;
  }
  return block->address;
}
