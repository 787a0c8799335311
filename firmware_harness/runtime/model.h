// What generated code (`model.cc`) offers the runtime: one model, its tensors in the arena, and how to run it.
#pragma once

#include <stdint.h>

struct ModelTensor {
  uint8_t* data;  // inside the arena
  uint32_t size_bytes;
};

extern "C" {

extern const ModelTensor model_inputs[];
extern const uint32_t model_input_count;
extern const ModelTensor model_outputs[];
extern const uint32_t model_output_count;
extern const uint32_t model_layer_count;
extern const char model_build_id[];  // hexadecimal, from the graph, the plan and this project's version

// One inference, straight through all layers. Inputs may be overwritten.
void model_invoke(void);

// The same, with the cycle counter read around each layer: `cycles[i]` for layer i of `model_layer_count`.
void model_invoke_profiled(uint32_t* cycles);
}
