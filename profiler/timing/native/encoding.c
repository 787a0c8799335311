// Encodings that differ only in numbers no cost depends on share one operation: a large program has many thousand calls
// and branches, each with an offset of its own. Forms of encodings: Armv7-M Architecture Reference Manual (DDI0403E),
// A5.2 (16 bits) and A5.3 (32 bits), the first halfword in the lower half.
#include "timer.h"

typedef struct {
  uint32_t mask, value;  // an encoding has the form when its bits under the mask are the value
  uint32_t kept;         // what is left of it
} Form;

#define WIDE(first, second) ((uint32_t)(first) | (uint32_t)(second) << 16)

static const Form kNarrow[] = {
    {0xE000, 0x2000, 0xFF00},  // MOV, CMP, ADD, SUB of 8 bits
    {0xF800, 0x4800, 0xFF00},  // LDR, literal
    {0xE000, 0x6000, 0xF83F},  // LDR, STR, LDRB, STRB with an offset
    {0xF000, 0x8000, 0xF83F},  // LDRH, STRH with an offset
    {0xF000, 0x9000, 0xFF00},  // LDR, STR relative to SP
    {0xF000, 0xA000, 0xFF00},  // ADR, ADD to SP
    {0xFF00, 0xB000, 0xFF80},  // ADD, SUB of SP
    {0xF500, 0xB100, 0xFD07},  // CBZ, CBNZ
    {0xFE00, 0xDE00, 0xFFFF},  // UDF, SVC: no branches
    {0xF000, 0xD000, 0xFF00},  // B with a condition
    {0xF800, 0xE000, 0xF800},  // B
};

static const Form kWide[] = {
    {WIDE(0xF800, 0xD000), WIDE(0xF000, 0xD000), WIDE(0xF800, 0xD000)},  // BL
    {WIDE(0xF800, 0xD000), WIDE(0xF000, 0x9000), WIDE(0xF800, 0xD000)},  // B
    {WIDE(0xFB80, 0xD000), WIDE(0xF380, 0x8000), WIDE(0xFFFF, 0xFFFF)},  // MSR, MRS, hints, barriers: no branches
    {WIDE(0xF800, 0xD000), WIDE(0xF000, 0x8000), WIDE(0xFBC0, 0xD000)},  // B with a condition
    {WIDE(0xFF10, 0), WIDE(0xF900, 0), WIDE(0xFFFF, 0xFFFF)},            // Advanced SIMD, which no Cortex-M has
    {WIDE(0xFE80, 0), WIDE(0xF880, 0), WIDE(0xFFFF, 0xF000)},            // loads and stores, offset of 12 bits
    {WIDE(0xFE80, 0x0800), WIDE(0xF800, 0x0800), WIDE(0xFFFF, 0xFF00)},  // of 8 bits, or with the base updated
    {WIDE(0xFF40, 0), WIDE(0xE940, 0), WIDE(0xFFFF, 0xFF00)},            // LDRD, STRD with an offset
    {WIDE(0xFF60, 0), WIDE(0xE860, 0), WIDE(0xFFFF, 0xFF00)},            // LDRD, STRD, the base updated after it
    {WIDE(0xFF20, 0x0E00), WIDE(0xED00, 0x0A00), WIDE(0xFFFF, 0xFF00)},  // VLDR, VSTR
    {WIDE(0xFB70, 0x8000), WIDE(0xF240, 0), WIDE(0xFBF0, 0x8F00)},       // MOVW, MOVT
    {WIDE(0xFB50, 0x8000), WIDE(0xF200, 0), WIDE(0xFBFF, 0x8F00)},       // ADDW, SUBW
};

#define COUNT(forms) (sizeof(forms) / sizeof *(forms))

uint32_t timer_encoding_class(uint32_t encoding, uint32_t size_bytes) {
  const Form* forms = size_bytes == 4 ? kWide : kNarrow;
  size_t count = size_bytes == 4 ? COUNT(kWide) : COUNT(kNarrow);
  for (size_t i = 0; i < count; i++) {
    if ((encoding & forms[i].mask) == forms[i].value) return encoding & forms[i].kept;
  }
  return encoding;
}
