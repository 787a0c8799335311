#include "runtime/input.h"

#include "runtime/memory_map.h"
#include "runtime/model.h"

namespace profiler::input {
namespace {

State current_state;
bool in_arena;
bool outputs_are_of_it;
uint32_t position;

uint32_t free_bytes() {
  return static_cast<uint32_t>(reinterpret_cast<uintptr_t>(__free_ram_end) -
                               reinterpret_cast<uintptr_t>(__free_ram_start));
}

// Where byte `index` of the concatenated inputs lives in the arena.
uint8_t* arena_byte(uint32_t index) {
  uint32_t tensor = 0;
  while (index >= model_inputs[tensor].size_bytes) {
    index -= model_inputs[tensor].size_bytes;
    ++tensor;
  }
  return model_inputs[tensor].data + index;
}

uint8_t* byte_at(uint32_t index) { return in_arena ? arena_byte(index) : __free_ram_start + index; }

}  // namespace

State state() { return current_state; }

uint32_t expected_bytes() {
  uint32_t total = 0;
  for (uint32_t i = 0; i < model_input_count; ++i) total += model_inputs[i].size_bytes;
  return total;
}

uint32_t announced_bytes() { return current_state == State::kEmpty ? 0 : expected_bytes(); }

void begin() {
  in_arena = expected_bytes() > free_bytes();
  seek(0);
}

void take(uint8_t byte) {
  if (current_state != State::kLoading) return;
  *byte_at(position) = byte;
  ++position;
  if (position == expected_bytes()) current_state = State::kLoaded;
}

uint32_t received_bytes() { return position; }

void seek(uint32_t offset) {
  position = offset;
  current_state = State::kLoading;
  outputs_are_of_it = false;
}

uint8_t at(uint32_t index) { return *byte_at(index); }

bool reusable() { return !in_arena; }

void place() {
  if (in_arena) return;
  const uint8_t* from = __free_ram_start;
  for (uint32_t i = 0; i < model_input_count; ++i) {
    // volatile: a byte loop stays one, libc's memcpy would cost 300 bytes of flash for what no clock sees
    volatile uint8_t* to = model_inputs[i].data;
    for (uint32_t left = model_inputs[i].size_bytes; left != 0; --left) *to++ = *from++;
  }
}

void consume() {
  if (in_arena) current_state = State::kUsed;
  outputs_are_of_it = true;
}

bool inferred() { return outputs_are_of_it; }

uint8_t* spare_ram(uint32_t* size_bytes) {
  const bool kept = current_state != State::kEmpty && !in_arena;
  const uint32_t used = kept ? (expected_bytes() + 7) & ~7u : 0;
  *size_bytes = free_bytes() > used ? free_bytes() - used : 0;
  return __free_ram_start + used;
}

}  // namespace profiler::input
