// UNIDIRECTIONAL_SEQUENCE_LSTM, float32, for every core. Sums run in the order of TFLite's reference kernel. Those of
// the four gates of a unit for one value are side by side. Weights are float32, or int8 read as float32.
#pragma once

#include <stdint.h>

#include "kernels/common/logistic_f32.h"
#include "kernels/common/tanh_f32.h"
#include "kernels/unidirectional_sequence_lstm/steps.h"

namespace profiler::kernels {

namespace unidirectional_sequence_lstm_f32_ref_parts {

// scales: of int8 weights, one a gate; of float32 there are none.
template <typename Weight>
inline void sum_products(const float* values, int32_t count, const Weight* weights, const float* scales, float* sums) {
  float input = 0.0f, forget = 0.0f, cell = 0.0f, output = 0.0f;
  for (const float* end = values + count; values < end; ++values, weights += kGates) {
    input += *values * static_cast<float>(weights[kInputGate]);
    forget += *values * static_cast<float>(weights[kForgetGate]);
    cell += *values * static_cast<float>(weights[kCellGate]);
    output += *values * static_cast<float>(weights[kOutputGate]);
  }
  sums[kInputGate] = input;
  sums[kForgetGate] = forget;
  sums[kCellGate] = cell;
  sums[kOutputGate] = output;
  if constexpr (sizeof(Weight) == 1) {
    for (int32_t gate = 0; gate < kGates; ++gate) {
      sums[gate] *= scales[gate];
    }
  }
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

// weights: for the values of the step, per unit; hidden_weights: for the hidden state. scales: of the weights, then of
// the hidden weights, where they are int8. biases: per unit those of its gates. scratch: kUnits float.
template <typename P, typename Weight, typename HiddenWeight>
inline void unidirectional_sequence_lstm_f32_ref(const float* input, const Weight* weights,
                                                 const HiddenWeight* hidden_weights, const float* scales,
                                                 const float* biases, uint8_t* scratch, float* output) {
  using namespace unidirectional_sequence_lstm_f32_ref_parts;
  for_each_unit<P>(input, reinterpret_cast<float*>(scratch), output,
                   [=](int32_t u, const float* values, const float* hidden, float* cell) {
                     float gates[kGates];
                     sum_products(values, P::kInputs, weights + u * (kGates * P::kInputs), scales, gates);
                     float of_hidden[kGates] = {};
                     if (hidden != nullptr) {
                       sum_products(hidden, P::kUnits, hidden_weights + u * (kGates * P::kUnits), scales + kGates,
                                    of_hidden);
                     }
                     for (int32_t gate = 0; gate < kGates; ++gate) {
                       gates[gate] = (gates[gate] + biases[u * kGates + gate]) + of_hidden[gate];
                     }
                     return unit_f32<P>(gates, cell);
                   });
}

}  // namespace profiler::kernels
