// Peripheral space: registers read back what was written, under the rules of the board file; the core's own block
// (0xE0000000) and the console UART have models of their own.
#include "tracer.h"

#define WORDS (1u << 16)
#define FREE_SLOT 1u  // no register has an odd address

static Word* find_word(Peripherals* peripherals, uint32_t address) {
  uint32_t at = (address * 2654435761u >> 16) & (WORDS - 1);
  while (peripherals->words[at].address != address && peripherals->words[at].address != FREE_SLOT) {
    at = (at + 1) & (WORDS - 1);
  }
  return &peripherals->words[at];
}

static const RegisterRule* find_rule(const Peripherals* peripherals, uint32_t address) {
  for (uint32_t i = 0; i < peripherals->rule_count; i++) {
    if (peripherals->rules[i].address == address) return &peripherals->rules[i];
  }
  return NULL;
}

static uint32_t apply_rule(const RegisterRule* rule, uint32_t value) {
  value = (value | rule->set_bits) & ~rule->clear_bits;
  for (uint32_t i = 0; i < rule->mirror_count; i++) {
    uint32_t mask = rule->mirrors[i].width >= 32 ? 0xFFFFFFFFu : (1u << rule->mirrors[i].width) - 1;
    uint32_t bits = value >> rule->mirrors[i].from_lsb & mask;
    value = (value & ~(mask << rule->mirrors[i].to_lsb)) | bits << rule->mirrors[i].to_lsb;
  }
  return value;
}

// The stored word, without any rule.
uint32_t peripheral_word(Peripherals* peripherals, uint32_t address) {
  const Word* word = find_word(peripherals, address);
  if (word->address == address) return word->value;
  const RegisterRule* rule = find_rule(peripherals, address);
  return rule == NULL ? 0 : rule->reset_value;
}

// False, with the run stopped, when the firmware has written to more registers than any part has.
bool peripheral_store(Tracer* tracer, uint32_t address, uint32_t value) {
  Peripherals* peripherals = &tracer->peripherals;
  Word* word = find_word(peripherals, address);
  if (word->address == FREE_SLOT) {
    if (peripherals->used == WORDS / 4 * 3) {
      tracer_stop(tracer, STOP_TABLE_FULL, tracer_where(tracer));
      return false;
    }
    peripherals->used++;
    word->address = address;
  }
  word->value = value;
  return true;
}

static bool in_uart(const Tracer* tracer, uint32_t address) {
  return tracer->uart.model != UART_NONE && address - tracer->uart.base < 0x1000;
}

static uint32_t read_word(Tracer* tracer, uint32_t address) {
  uint32_t value = 0;
  if (in_uart(tracer, address) && uart_access_read(tracer, address - tracer->uart.base, &value)) return value;
  if (core_read(tracer, address, &value)) return value;
  value = peripheral_word(&tracer->peripherals, address);
  const RegisterRule* rule = find_rule(&tracer->peripherals, address);
  return rule == NULL ? value : apply_rule(rule, value);
}

static void write_word(Tracer* tracer, uint32_t address, uint32_t value) {
  if (in_uart(tracer, address) && uart_access_write(tracer, address - tracer->uart.base, value)) return;
  if (!peripheral_store(tracer, address, value)) return;
  core_write(tracer, address, value);
}

// RP2040 datasheet 2.1.2: each APB register also appears 0x1000 (xor), 0x2000 (set) and 0x3000 (clear) above.
static bool is_atomic(const Tracer* tracer, uint32_t address) {
  return address - tracer->peripherals.atomic_base < tracer->peripherals.atomic_size;
}

static uint32_t combine_atomic(uint32_t alias, uint32_t stored, uint32_t value) {
  switch (alias) {
    case 0x1000:
      return stored ^ value;
    case 0x2000:
      return stored | value;
    case 0x3000:
      return stored & ~value;
    default:
      return value;
  }
}

uint64_t tracer_on_peripheral_read(void* engine, uint64_t offset, uint32_t size, void* user) {
  (void)engine;
  const PeripheralRange* range = user;
  Tracer* tracer = range->tracer;
  uint32_t address = range->base + (uint32_t)offset;
  uint32_t aligned = address & ~3u;
  if (is_atomic(tracer, aligned)) aligned &= ~0x3000u;
  region_on_read(tracer, aligned);
  uint64_t value = read_word(tracer, aligned);
  if (size == 8) value |= (uint64_t)read_word(tracer, aligned + 4) << 32;
  uint64_t mask = size >= 8 ? UINT64_MAX : (UINT64_C(1) << 8 * size) - 1;
  return value >> 8 * (address & 3) & mask;
}

void tracer_on_peripheral_write(void* engine, uint64_t offset, uint32_t size, uint64_t value, void* user) {
  (void)engine;
  const PeripheralRange* range = user;
  Tracer* tracer = range->tracer;
  uint32_t address = range->base + (uint32_t)offset;
  uint32_t aligned = address & ~3u;
  uint32_t word = (uint32_t)value;
  if (is_atomic(tracer, aligned)) {
    uint32_t alias = aligned & 0x3000u;
    aligned &= ~0x3000u;
    if (alias != 0) word = combine_atomic(alias, peripheral_word(&tracer->peripherals, aligned), word);
  }
  if (size < 4) {  // a byte or halfword of a data register is the whole value there; elsewhere it is merged
    uint32_t shift = 8 * (address & 3);
    uint32_t mask = ((1u << 8 * size) - 1) << shift;
    word = (peripheral_word(&tracer->peripherals, aligned) & ~mask) | (word << shift & mask);
  }
  write_word(tracer, aligned, word);
  if (size == 8) write_word(tracer, aligned + 4, (uint32_t)(value >> 32));
}
