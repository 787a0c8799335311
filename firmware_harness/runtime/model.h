// What generated code (`model.cc`) offers the runtime: one model, its tensors in the arena, and how to run it.
#pragma once

#include <stdint.h>

enum class ModelDataType : uint8_t { INT8, UINT8, INT16, INT32, INT64, FLOAT32, BOOL };

struct ModelTensor {
  uint8_t* data;  // inside the arena
  uint32_t size_bytes;
  float scale;  // real = scale * (q - zero_point); 1 and 0 where the tensor is not quantized
  int32_t zero_point;
  ModelDataType dtype;
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
