// UNIDIRECTIONAL_SEQUENCE_LSTM, int8, for every core. The weights of a unit lie together, those of its four gates for
// one value side by side: first for the values of the step, then for the hidden state.
#pragma once

#include <stdint.h>

#include "kernels/common/lanes.h"
#include "kernels/unidirectional_sequence_lstm/gates_s8.h"

namespace profiler::kernels {

namespace unidirectional_sequence_lstm_s8_ref_parts {

inline void sum_products(const int8_t* values, int32_t count, const int8_t* weights, int32_t* sums) {
  Lanes<kGates> lanes;
  accumulate_shared<0>(&lanes, values, weights, count);
#pragma GCC unroll 4
  for (int32_t gate = 0; gate < kGates; ++gate) {
    sums[gate] = lanes.sum[gate];
  }
}

template <typename P>
struct Products {
  static constexpr int32_t kUnitWeights = kGates * (P::kInputs + P::kUnits);
  const int8_t* weights;

  void of_values(int32_t u, const int8_t* values, int32_t* sums) const {
    sum_products(values, P::kInputs, weights + u * kUnitWeights, sums);
  }
  void of_hidden(int32_t u, const int8_t* hidden, int32_t* sums) const {
    sum_products(hidden, P::kUnits, weights + u * kUnitWeights + kGates * P::kInputs, sums);
  }
};

}  // namespace unidirectional_sequence_lstm_s8_ref_parts

// biases, scales, samples, scratch: see gates_s8.h.
template <typename P>
inline void unidirectional_sequence_lstm_s8_ref(const int8_t* input, const int8_t* weights, const int32_t* biases,
                                                const int32_t* scales, const uint16_t* samples, uint8_t* scratch,
                                                int8_t* output) {
  const unidirectional_sequence_lstm_s8_ref_parts::Products<P> products{weights};
  sequence_lstm_s8<P>(input, products, biases, scales, samples, scratch, output);
}

}  // namespace profiler::kernels
