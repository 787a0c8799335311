// A unit of an LSTM in fixed point, from what goes into its four gates to its new states: Q3.12 in, a cell state of
// int16, and a hidden state of int8 or int16.
#pragma once

#include <stdint.h>

#include "kernels/common/fixed_point.h"
#include "kernels/common/sigmoid_s16.h"
#include "kernels/unidirectional_sequence_lstm/steps.h"

namespace profiler::kernels {

inline int32_t clamp_s16(int32_t value) { return clamp(value, INT16_MIN, INT16_MAX); }

namespace unit_s16_parts {

inline int32_t gate_logistic(int32_t gate, const uint16_t* samples) {
  return logistic_s16(sigmoid_steps<3, 0>(gate), samples);
}

}  // namespace unit_s16_parts

// Updates the cell state and returns the hidden state. P: kForgetMultiplier, kForgetShift (forget gate × cell state),
// kInputMultiplier, kInputShift (input gate × cell gate), kOutputMultiplier, kOutputShift (cell × output gate), all to
// their output's scale; kCellClips, kCellClip; kCellMultiplier, kCellShift (of sigmoid_steps); kOutputZeroPoint,
// kOutputMin, kOutputMax.
template <typename P>
inline int32_t unit_s16(const int32_t* gates, int16_t* cell, const uint16_t* samples) {
  using unit_s16_parts::gate_logistic;
  const int32_t kept = gate_logistic(gates[kForgetGate], samples) * *cell;
  const int32_t candidate = tanh_s16(sigmoid_steps<3, 0>(gates[kCellGate]), samples);
  const int32_t added = gate_logistic(gates[kInputGate], samples) * candidate;
  int32_t state = clamp_s16(multiply_by_quantized_multiplier(kept, P::kForgetMultiplier, P::kForgetShift)) +
                  clamp_s16(multiply_by_quantized_multiplier(added, P::kInputMultiplier, P::kInputShift));
  state = clamp_s16(state);
  if constexpr (P::kCellClips) {
    state = clamp(state, -P::kCellClip, P::kCellClip);
  }
  *cell = static_cast<int16_t>(state);
  const int32_t bent = tanh_s16(sigmoid_steps<P::kCellMultiplier, P::kCellShift>(state), samples);
  const int32_t given = bent * gate_logistic(gates[kOutputGate], samples);
  const int32_t scaled = multiply_by_quantized_multiplier(given, P::kOutputMultiplier, P::kOutputShift);
  return clamp(scaled + P::kOutputZeroPoint, P::kOutputMin, P::kOutputMax);
}

}  // namespace profiler::kernels
