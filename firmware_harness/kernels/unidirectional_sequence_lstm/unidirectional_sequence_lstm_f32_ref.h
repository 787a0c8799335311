// UNIDIRECTIONAL_SEQUENCE_LSTM, float32, for every core. Sums run in the order of TFLite's reference kernel. Weights are
// packed as for int8.
#pragma once

#include <stdint.h>

#include "kernels/common/logistic_f32.h"
#include "kernels/common/tanh_f32.h"
#include "kernels/unidirectional_sequence_lstm/steps.h"

namespace profiler::kernels {

namespace unidirectional_sequence_lstm_f32_ref_parts {

inline void sum_products(const float* values, int32_t count, const float* weights, float* sums) {
  float input = 0.0f, forget = 0.0f, cell = 0.0f, output = 0.0f;
  for (const float* end = values + count; values < end; ++values, weights += kGates) {
    input += *values * weights[kInputGate];
    forget += *values * weights[kForgetGate];
    cell += *values * weights[kCellGate];
    output += *values * weights[kOutputGate];
  }
  sums[kInputGate] = input;
  sums[kForgetGate] = forget;
  sums[kCellGate] = cell;
  sums[kOutputGate] = output;
}

// P: kCellClips, kCellClip.
template <typename P>
inline float unit_f32(const float* gates, float* cell) {
  const float kept = logistic_f32(gates[kForgetGate]) * *cell;
  const float added = logistic_f32(gates[kInputGate]) * tanh_f32(gates[kCellGate]);
  float state = kept + added;
  if constexpr (P::kCellClips) {
    state = state > P::kCellClip ? P::kCellClip : state;
    state = state < -P::kCellClip ? -P::kCellClip : state;
  }
  *cell = state;
  return tanh_f32(state) * logistic_f32(gates[kOutputGate]);
}

}  // namespace unidirectional_sequence_lstm_f32_ref_parts

// biases: per unit those of its gates. scratch: kUnits float.
template <typename P>
inline void unidirectional_sequence_lstm_f32_ref(const float* input, const float* weights, const float* biases,
                                                 uint8_t* scratch, float* output) {
  using namespace unidirectional_sequence_lstm_f32_ref_parts;
  for_each_unit<P>(input, reinterpret_cast<float*>(scratch), output,
                   [=](int32_t u, const float* values, const float* hidden, float* cell) {
                     const float* unit_weights = weights + u * (kGates * (P::kInputs + P::kUnits));
                     float gates[kGates];
                     sum_products(values, P::kInputs, unit_weights, gates);
                     float of_hidden[kGates] = {};
                     if (hidden != nullptr) {
                       sum_products(hidden, P::kUnits, unit_weights + kGates * P::kInputs, of_hidden);
                     }
                     for (int32_t gate = 0; gate < kGates; ++gate) {
                       gates[gate] = (gates[gate] + biases[u * kGates + gate]) + of_hidden[gate];
                     }
                     return unit_f32<P>(gates, cell);
                   });
}

}  // namespace profiler::kernels
