// What generated code (`model.cc`) offers the runtime: one model, its tensors in the arena, and how to run it.
#pragma once

#include <stdint.h>

// Element type of a tensor; the numbers are those of TFLite's schema (`TensorType`).
enum ModelDataType : uint8_t {
  kModelFloat32 = 0,
  kModelInt32 = 2,
  kModelUint8 = 3,
  kModelInt64 = 4,
  kModelBool = 6,
  kModelInt16 = 7,
  kModelInt8 = 9,
};

// One graph input or output. A real value is scale * (quantized - zero_point); scale is 0 when not quantized.
struct ModelTensor {
  uint8_t* data;  // inside the arena, aligned for its element type
  uint32_t size_bytes;
  float scale;
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
