// UNIDIRECTIONAL_SEQUENCE_LSTM, int16 with int8 weights, for every core. Weights are packed as for int8.
#pragma once

#include <stdint.h>

#include "kernels/common/requantize_s16.h"
#include "kernels/unidirectional_sequence_lstm/unit_s16.h"

namespace profiler::kernels {

namespace unidirectional_sequence_lstm_s16_ref_parts {

// What requantize_s16.h is told here: biases of 64 bits, results of all int16.
template <typename P>
struct GateScaling {
  static constexpr bool kWideBias = true;
  static constexpr bool kWideSums = P::kWideSums;
  static constexpr int32_t kOutputMin = INT16_MIN;
  static constexpr int32_t kOutputMax = INT16_MAX;
};

// Adds to each gate the product of its weights and the values, scaled. records: of each gate, of requantize_s16.h.
template <typename P>
inline void add_products(const int16_t* values, int32_t count, const int8_t* weights, const int32_t* records,
                         int32_t* gates) {
  Lanes<kGates, SumOf<P>> lanes;
  accumulate_shared<0>(&lanes, values, weights, count);
#pragma GCC unroll 1
  for (int32_t gate = 0; gate < kGates; ++gate, records += P::kRecord) {
    gates[gate] = clamp_s16(gates[gate] + requantize_s16<GateScaling<P>>(lanes.sum[gate], records));
  }
}

}  // namespace unidirectional_sequence_lstm_s16_ref_parts

// records: per unit and gate what requantize_s16.h reads, for the values. hidden_records: per gate, for the hidden
// state, which has no bias. samples: of sigmoid_s16.h. scratch: kUnits int16.
template <typename P>
inline void unidirectional_sequence_lstm_s16_ref(const int16_t* input, const int8_t* weights, const int32_t* records,
                                                 const int32_t* hidden_records, const uint16_t* samples,
                                                 uint8_t* scratch, int16_t* output) {
  using unidirectional_sequence_lstm_s16_ref_parts::add_products;
  for_each_unit<P>(input, reinterpret_cast<int16_t*>(scratch), output,
                   [=](int32_t u, const int16_t* values, const int16_t* hidden, int16_t* cell) {
                     const int8_t* unit_weights = weights + u * (kGates * (P::kInputs + P::kUnits));
                     int32_t gates[kGates] = {};
                     add_products<P>(values, P::kInputs, unit_weights, records + u * (kGates * P::kRecord), gates);
                     if (hidden != nullptr) {
                       add_products<P>(hidden, P::kUnits, unit_weights + kGates * P::kInputs, hidden_records, gates);
                     }
                     return static_cast<int16_t>(unit_s16<P>(gates, cell, samples));
                   });
}

}  // namespace profiler::kernels
