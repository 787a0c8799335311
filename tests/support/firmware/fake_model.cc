// A model for testing the harness on a core: 490 bytes in, the first twelve of them plus one out.
#include "runtime/cycle_counter.h"
#include "runtime/model.h"

extern "C" {

alignas(16) __attribute__((section(".arena"))) uint8_t model_arena[FAKE_ARENA_BYTES];

const ModelTensor model_inputs[] = {{model_arena, 490, 0.5f, 3, ModelDataType::INT8}};
const uint32_t model_input_count = 1;
const ModelTensor model_outputs[] = {{model_arena + 512, 12, 0x1p-8f, -128, ModelDataType::INT8}};
const uint32_t model_output_count = 1;
const uint32_t model_layer_count = 2;
const char model_build_id[] = "0123abcd";

__attribute__((noinline)) void model_invoke(void) {
#ifdef FAKE_STACK_BYTES
  volatile uint8_t deep[FAKE_STACK_BYTES];
  deep[0] = 1;
  (void)deep[0];
#endif
  for (int i = 0; i < 12; ++i) model_arena[512 + i] = static_cast<uint8_t>(model_arena[i] + 1);
  for (int i = 0; i < 490; ++i) model_arena[i] = 0xEE;  // an inference may overwrite its input
}

__attribute__((noinline)) void model_invoke_profiled(uint32_t* cycles) {
  for (int i = 0; i < 2; ++i) {
    const uint32_t start = profiler::cycle_counter_read();
    if (i == 0) model_invoke();
    cycles[i] = profiler::cycle_counter_read() - start;
  }
}
}
