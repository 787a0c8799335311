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

// Armv7-M Architecture Reference Manual, A5.3.12 to A5.3.17, A5.3.3 and A5.3.11: what only the DSP extension has.
static bool is_dsp(uint32_t first, uint32_t second) {
  uint32_t group = first >> 4, row = first >> 4 & 0xF, variant = second >> 4 & 0xF;
  bool has_base_register = (first & 0xF) != 0xF;
  switch (group & 0xFF0) {
    case 0xFA0:  // extend, parallel add and subtract, saturating add, SEL
      if ((second & 0xF000) != 0xF000) return false;
      if (row < 8) return variant >> 3 && row < 6 && (has_base_register || row == 2 || row == 3);
      return variant >> 3 == 0 || row == 8 || row == 0xA;
    case 0xFB0:  // multiply
      if (row >= 1 && row <= 7) return true;
      return row == 0xD || ((row == 0xC || row == 0xE) && variant != 0);
    default:
      break;
  }
  bool pack = group == 0xEAC;
  bool saturate_halves = (group == 0xF32 || group == 0xF3A) && (second & 0xF0F0) == 0;
  return pack || saturate_halves;
}

// Armv7-M Architecture Reference Manual, A5.3.18: coprocessors 10 and 11 are the floating-point extension.
static bool is_fpu(uint32_t first, uint32_t second) {
  uint32_t coprocessor = second >> 8 & 0xF;
  return (first & 0xEC00) == 0xEC00 && (coprocessor == 10 || coprocessor == 11);
}

uint32_t general_register(const Tracer* tracer, uint32_t number) {
  if (number == 13) return tracer_register(tracer, tracer->options.reg_sp);
  return number < 13 ? tracer_register(tracer, tracer->options.reg_r0 + (int32_t)number) : 0;
}

static uint32_t count_registers(uint32_t list) {
  uint32_t count = 0;
  for (; list != 0; list &= list - 1) count++;
  return count;
}

static int32_t signed_offset(uint32_t first, uint32_t second) {
  int32_t bytes = (int32_t)(second & 0xFF) * 4;
  return first >> 7 & 1 ? bytes : -bytes;
}

// Armv7-M Architecture Reference Manual, A3.2.1: multi-word, dual-word and floating-point accesses never may be
// unaligned. True for these, with the base register and what is added to it for the first word. PUSH and POP are left
// out: the stack pointer has no bits for less than a word.
static bool strict_operand(uint32_t first, uint32_t second, uint32_t* base, int32_t* offset) {
  *offset = 0;
  if (!is_wide(first)) {
    *base = first >> 8 & 7;
    return (first & 0xF000) == 0xC000;
  }
  *base = first & 0xF;
  bool before = first >> 8 & 1, back = first >> 5 & 1;
  if ((first & 0xFE40) == 0xE840 && (before || back)) {  // LDRD, STRD
    if (before) *offset = signed_offset(first, second);
    return true;
  }
  if ((first & 0xFE40) == 0xE800) {  // LDM, STM
    if (before) *offset = -4 * (int32_t)count_registers(second);
    return true;
  }
  if (!is_fpu(first, second) || (first & 0xFE00) != 0xEC00) return false;
  if (before) *offset = signed_offset(first, second);  // VLDR, VSTR, VLDMDB, VSTMDB
  return true;
}

static bool is_strict(uint32_t first, uint32_t second) {
  uint32_t base;
  int32_t offset;
  return strict_operand(first, second, &base, &offset) && base < 13;
}

static uint8_t instruction_flags(const Tracer* tracer, uint32_t first, uint32_t second) {
  uint8_t flags = 0;
  if (tracer->options.baseline_isa && is_beyond_baseline(first, second)) flags |= BLOCK_ILLEGAL;
  if (is_wide(first) && is_fpu(first, second)) flags |= tracer->options.has_fpu ? BLOCK_FPU : BLOCK_ILLEGAL;
  if (is_wide(first) && !tracer->options.has_dsp && is_dsp(first, second)) flags |= BLOCK_ILLEGAL;
  if (is_strict(first, second)) flags |= BLOCK_STRICT_ALIGNMENT;
  return flags;
}

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

// Armv7-M Architecture Reference Manual, A7.7.43, .45, .161 and .162: LDR and STR of words, which may be unaligned.
// True for these, with the address that the registers give as they are now.
static bool plain_address(const Tracer* tracer, uint32_t first, uint32_t second, uint32_t* address) {
  uint32_t base = is_wide(first) ? first & 0xF : first >> 3 & 7;
  uint32_t offset;
  if ((first & 0xF000) == 0x6000) {
    offset = (first >> 6 & 0x1F) * 4;
  } else if ((first & 0xF600) == 0x5000) {
    offset = general_register(tracer, first >> 6 & 7);
  } else if ((first & 0xFFE0) == 0xF8C0) {
    offset = second & 0xFFF;
  } else if ((first & 0xFFE0) == 0xF840 && second >> 11 & 1) {
    uint32_t magnitude = second >> 10 & 1 ? second & 0xFF : 0;  // before or after the base register moves
    offset = second >> 9 & 1 ? magnitude : 0 - magnitude;
  } else if ((first & 0xFFE0) == 0xF840 && (second & 0x0FC0) == 0) {
    offset = general_register(tracer, second & 0xF) << (second >> 4 & 3);
  } else {
    return false;
  }
  *address = general_register(tracer, base) + offset;
  return true;
}

// Whether `target` is accessed by an instruction of the block that must be aligned, going by the registers as they are
// now, for the engine does not tell which instruction it is at. Where one that may be unaligned has the same address
// it is taken to be that one: a base register often holds what an earlier load computed.
bool decode_strict_access(const Tracer* tracer, const uint8_t* code, const Block* block, uint32_t target,
                          uint32_t* at) {
  bool found = false;
  for (uint32_t next = 0; next < block->size_bytes;) {
    uint32_t first = halfword(code + next), base, address;
    uint32_t second = is_wide(first) ? halfword(code + next + 2) : 0;
    int32_t offset;
    if (strict_operand(first, second, &base, &offset) && base < 13) {
      if (!found) *at = block->address + next;
      found = found || general_register(tracer, base) + (uint32_t)offset == target;
    } else if (plain_address(tracer, first, second, &address) && address == target) {
      return false;
    }
    next += is_wide(first) ? 4 : 2;
  }
  return found;
}

static bool is_double(uint32_t second) { return second >> 8 & 1; }

// Data accesses of a floating-point load or store, each of a register's size.
static uint32_t fpu_accesses(uint32_t first, uint32_t second) {
  bool single = (first & 0x0F00) == 0x0D00 && (first & 0x20) == 0;  // VLDR, VSTR; others move several registers
  if ((first & 0xFE00) != 0xEC00 || (first & 0xFFE0) == 0xEC40) return 0;
  return single ? 1 : is_double(second) ? (second & 0xFF) / 2 : second & 0xFF;
}

static uint32_t wide_accesses(uint32_t first, uint32_t second) {
  if (is_fpu(first, second)) return fpu_accesses(first, second);
  if ((first & 0xFE40) == 0xE800) return count_registers(second);  // LDM, STM
  if ((first & 0xFE40) == 0xE840) {                                // LDRD, STRD, exclusives, TBB, TBH
    bool pair = (first & 0x0120) != 0;
    return pair ? 2 : 1;
  }
  bool hint = (second & 0xF000) == 0xF000 && (first >> 5 & 3) != 2;  // PLD and PLI, which take the place of loads to PC
  return (first & 0xFE00) == 0xF800 && !hint ? 1 : 0;
}

static uint32_t narrow_accesses(uint32_t first) {
  if (first >> 12 == 0xC) return count_registers(first & 0xFF);                             // LDM, STM
  if ((first & 0xF600) == 0xB400) return count_registers(first & 0xFF) + (first >> 8 & 1);  // PUSH, POP
  return first >> 11 == 9 || (first >= 0x5000 && first < 0xA000) ? 1 : 0;                   // LDR, STR
}

// Offset of the instruction that makes a block's `access`-th data access, of its last one with an access if it makes
// fewer. An instruction of an IT block counts as if its condition were true.
uint32_t decode_access(const uint8_t* code, const Block* block, uint32_t access) {
  uint32_t last = 0, seen = 0;
  for (uint32_t at = 0; at < block->size_bytes;) {
    uint32_t first = halfword(code + at);
    uint32_t here = is_wide(first) ? wide_accesses(first, halfword(code + at + 2)) : narrow_accesses(first);
    seen += here;
    if (here != 0) last = at;
    if (seen > access) break;
    at += is_wide(first) ? 4 : 2;
  }
  return last;
}

// Offset of the instruction that the byte at `offset` is part of.
uint32_t decode_start(const uint8_t* code, const Block* block, uint32_t offset) {
  for (uint32_t at = 0; at < block->size_bytes;) {
    uint32_t next = at + (is_wide(halfword(code + at)) ? 4 : 2);
    if (next > offset) return at;
    at = next;
  }
  return 0;
}
