// UNIDIRECTIONAL_SEQUENCE_LSTM, int8, for every core. The weights of a unit lie together, those of its four gates for one
// value side by side: first for the values of the step, then for the hidden state.
#pragma once

#include <stdint.h>

#include "kernels/common/lanes.h"
#include "kernels/unidirectional_sequence_lstm/unit_s16.h"

namespace profiler::kernels {

namespace unidirectional_sequence_lstm_s8_ref_parts {

// Adds to each gate the product of its weights and the values, scaled. biases: folded. scales: multiplier and shift of
// each gate.
inline void add_products(const int8_t* values, int32_t count, const int8_t* weights, const int32_t* biases,
                         const int32_t* scales, int32_t* gates) {
  Lanes<kGates> lanes;
  accumulate_shared<0>(&lanes, values, weights, count);
  int32_t sums[kGates];  // a copy, so that the sums themselves can stay in registers until here
#pragma GCC unroll 4
  for (int32_t gate = 0; gate < kGates; ++gate) {
    sums[gate] = lanes.sum[gate];
  }
#pragma GCC unroll 1
  for (int32_t gate = 0; gate < kGates; ++gate, scales += 2) {
    const uint32_t sum = static_cast<uint32_t>(sums[gate]) + static_cast<uint32_t>(biases[gate]);
    const int32_t scaled = multiply_by_quantized_multiplier(static_cast<int32_t>(sum), scales[0], scales[1]);
    gates[gate] = clamp_s16(gates[gate] + clamp_s16(scaled));
  }
}

}  // namespace unidirectional_sequence_lstm_s8_ref_parts

// biases: per unit those of the gates for the values, then for the hidden state, both with zero points folded in.
// scales: multiplier and shift of each gate for the values, then for the hidden state. samples: of sigmoid_s16.h.
// scratch: kUnits int16.
template <typename P>
inline void unidirectional_sequence_lstm_s8_ref(const int8_t* input, const int8_t* weights, const int32_t* biases,
                                                const int32_t* scales, const uint16_t* samples, uint8_t* scratch,
                                                int8_t* output) {
  using unidirectional_sequence_lstm_s8_ref_parts::add_products;
  for_each_unit<P>(input, reinterpret_cast<int16_t*>(scratch), output,
                   [=](int32_t u, const int8_t* values, const int8_t* hidden, int16_t* cell) {
                     const int8_t* unit_weights = weights + u * (kGates * (P::kInputs + P::kUnits));
                     const int32_t* unit_biases = biases + u * (2 * kGates);
                     int32_t gates[kGates] = {};
                     add_products(values, P::kInputs, unit_weights, unit_biases, scales, gates);
                     if (hidden != nullptr) {
                       add_products(hidden, P::kUnits, unit_weights + kGates * P::kInputs, unit_biases + kGates,
                                    scales + 2 * kGates, gates);
                     }
                     return static_cast<int8_t>(unit_s16<P>(gates, cell, samples));
                   });
}

}  // namespace profiler::kernels
