// What the int8 kernels of UNIDIRECTIONAL_SEQUENCE_LSTM share: all but the sums of products.
#pragma once

#include <stdint.h>

#include "kernels/unidirectional_sequence_lstm/unit_s16.h"

namespace profiler::kernels {

namespace gates_s8_parts {

// Adds to each gate its sum of products, scaled. scales: multiplier and shift of each gate.
inline void add_sums(const int32_t* sums, const int32_t* biases, const int32_t* scales, int32_t* gates) {
#pragma GCC unroll 1
  for (int32_t gate = 0; gate < kGates; ++gate, scales += 2) {
    const uint32_t sum = static_cast<uint32_t>(sums[gate]) + static_cast<uint32_t>(biases[gate]);
    const int32_t scaled = multiply_by_quantized_multiplier(static_cast<int32_t>(sum), scales[0], scales[1]);
    gates[gate] = clamp_s16(gates[gate] + clamp_s16(scaled));
  }
}

}  // namespace gates_s8_parts

// The whole layer. products.of_values(u, values, sums) and products.of_hidden(u, hidden, sums) give the sums of a
// unit's gates. biases: per unit those of the gates for the values, then for the hidden state, both with zero points
// folded in. scales: multiplier and shift of each gate for the values, then for the hidden state. samples: of
// sigmoid_s16.h. scratch: kUnits int16.
template <typename P, typename Products>
inline void sequence_lstm_s8(const int8_t* input, Products products, const int32_t* biases, const int32_t* scales,
                             const uint16_t* samples, uint8_t* scratch, int8_t* output) {
  using gates_s8_parts::add_sums;
  for_each_unit<P>(input, reinterpret_cast<int16_t*>(scratch), output,
                   [=](int32_t u, const int8_t* values, const int8_t* hidden, int16_t* cell) {
                     const int32_t* unit_biases = biases + u * (2 * kGates);
                     int32_t gates[kGates] = {};
                     int32_t sums[kGates];
                     products.of_values(u, values, sums);
                     add_sums(sums, unit_biases, scales, gates);
                     if (hidden != nullptr) {
                       products.of_hidden(u, hidden, sums);
                       add_sums(sums, unit_biases + kGates, scales + 2 * kGates, gates);
                     }
                     return static_cast<int8_t>(unit_s16<P>(gates, cell, samples));
                   });
}

}  // namespace profiler::kernels
