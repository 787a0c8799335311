// The protocol on the host: bytes of stdin are what the host sends, stdout is what the firmware says. The model takes
// inputs of 5 and 11 bytes, joins them into both of its outputs and overwrites its inputs.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bsp/bsp.h"
#include "runtime/core_id.h"
#include "runtime/cycle_counter.h"
#include "runtime/memory_map.h"
#include "runtime/model.h"
#include "runtime/protocol.h"

#define TEXT(value) #value
#define VALUE(value) TEXT(value)

namespace {

uint32_t counter;
uint8_t arena[64];

ModelTensor first_output() {
  const char* type = getenv("OUTPUT_TYPE");
  const char* scale = getenv("OUTPUT_SCALE");
  const char* zero_point = getenv("OUTPUT_ZERO_POINT");
  ModelTensor tensor{arena + 16, 16, 1.0f, 0, ModelDataType::FLOAT32};
  if (type != nullptr && strcmp(type, "int8") == 0) tensor.dtype = ModelDataType::INT8;
  if (type != nullptr && strcmp(type, "uint8") == 0) tensor.dtype = ModelDataType::UINT8;
  if (type != nullptr && strcmp(type, "int16") == 0) tensor.dtype = ModelDataType::INT16;
  if (type != nullptr && strcmp(type, "int32") == 0) tensor.dtype = ModelDataType::INT32;
  if (scale != nullptr) tensor.scale = strtof(scale, nullptr);
  if (zero_point != nullptr) tensor.zero_point = atoi(zero_point);
  return tensor;
}

}  // namespace

extern "C" {

uint8_t __free_ram_start[FREE_RAM_BYTES];
uint32_t __stack_limit[64];
uint32_t __data_begin[1], __data_end[1], __data_load[1], __bss_begin[1], __bss_end[1];
uint8_t __arena_start[1], __arena_end[1];
__asm(".globl __free_ram_end\n .set __free_ram_end, __free_ram_start + " VALUE(FREE_RAM_BYTES));
__asm(".globl __stack_top\n .set __stack_top, __stack_limit + 256");

extern const ModelTensor model_inputs[2] = {{arena, 5, 1.0f, 0, ModelDataType::INT8},
                                            {arena + 5, 11, 1.0f, 0, ModelDataType::INT8}};
extern const uint32_t model_input_count = 2;
extern const ModelTensor model_outputs[2] = {first_output(), {arena + 32, 16, 1.0f, 0, ModelDataType::UINT8}};
extern const uint32_t model_output_count = 2;
extern const uint32_t model_layer_count = 3;
extern const char model_build_id[] = "c0ffee";

void model_invoke(void) {
  counter += 1000;
  memcpy(arena + 16, arena, 16);
  memcpy(arena + 32, arena, 16);
  if (getenv("KEEPS_STATE") != nullptr) arena[32] = static_cast<uint8_t>(counter / 1000);
  memset(arena, 0xEE, 16);
}

void model_invoke_profiled(uint32_t* cycles) {
  for (uint32_t i = 0; i < model_layer_count; ++i) cycles[i] = 10 * (i + 1);
  model_invoke();
}
}

namespace profiler {

void cycle_counter_start() {}
uint32_t cycle_counter_read() { return counter; }
uint32_t core_id() { return 0x410FC241; }

namespace bsp {

void initialize() {}
void uart_write(uint8_t byte) { fputc(byte, stdout); }
bool uart_read(uint8_t* byte) {
  const int next = fgetc(stdin);
  if (next == EOF) return false;
  *byte = static_cast<uint8_t>(next);
  return true;
}

}  // namespace bsp
}  // namespace profiler

int main() {
  for (uint32_t& word : __stack_limit) word = profiler::kStackPattern;
  __stack_limit[60] = 1;  // as if the deepest use were 16 bytes
  profiler::protocol::start();
  uint8_t byte;
  while (profiler::bsp::uart_read(&byte)) profiler::protocol::receive(byte);
  return 0;
}
