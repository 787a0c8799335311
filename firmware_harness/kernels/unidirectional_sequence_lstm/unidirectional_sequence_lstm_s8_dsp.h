// UNIDIRECTIONAL_SEQUENCE_LSTM, int8, for cores with the DSP extension: the four gates of a unit at a time.
#pragma once

#include <stdint.h>

#include "kernels/common/dot_four_dsp.h"
#include "kernels/unidirectional_sequence_lstm/gates_s8.h"

namespace profiler::kernels {

namespace unidirectional_sequence_lstm_s8_dsp_parts {

// The words of dot_four for kCount values, of which the last one to three take as many as four.
template <int32_t kCount>
constexpr int32_t kWords = (kCount + 3) / 4 * kGates;

template <int32_t kCount, bool kFolded>
inline void sum_products(const int8_t* values, const uint32_t* weights, int32_t* sums) {
  constexpr int32_t kWhole = kCount & ~3;
  FourSums four;
  if constexpr (kWhole > 0) {
    weights = dot_four<kFolded, kWhole % 8 == 0>(values, values + kWhole, weights, four);
  }
  if constexpr (kWhole < kCount) {
    int8_t rest[4] = {};  // nothing behind the values is read
    for (int32_t i = kWhole; i < kCount; ++i) {
      rest[i - kWhole] = values[i];
    }
    dot_four<kFolded, false>(rest, rest + 4, weights, four);
  }
#pragma GCC unroll 2
  for (int pair = 0; pair < 2; ++pair) {
    const uint32_t to_remove = kFolded ? static_cast<uint32_t>(four.first[pair]) : 0;
    const int32_t second = static_cast<int32_t>(static_cast<uint32_t>(four.both[pair]) - to_remove);
    sums[2 * pair] = four.first[pair];
    sums[2 * pair + 1] = kFolded ? second >> 8 : second;
  }
}

template <typename P>
struct Products {
  static constexpr int32_t kUnitWords = kWords<P::kInputs> + kWords<P::kUnits>;
  const uint32_t* weights;

  void of_values(int32_t u, const int8_t* values, int32_t* sums) const {
    sum_products<P::kInputs, P::kFoldedWeights>(values, weights + u * kUnitWords, sums);
  }
  void of_hidden(int32_t u, const int8_t* hidden, int32_t* sums) const {
    sum_products<P::kUnits, P::kFoldedHiddenWeights>(hidden, weights + u * kUnitWords + kWords<P::kInputs>, sums);
  }
};

}  // namespace unidirectional_sequence_lstm_s8_dsp_parts

// weights: for each unit the words of dot_four_dsp.h for the values of the step, then for the hidden state, each
// rounded up to four values with zeros. biases, scales, samples, scratch: see gates_s8.h.
template <typename P>
inline void unidirectional_sequence_lstm_s8_dsp(const int8_t* input, const uint32_t* weights, const int32_t* biases,
                                                const int32_t* scales, const uint16_t* samples, uint8_t* scratch,
                                                int8_t* output) {
  const unidirectional_sequence_lstm_s8_dsp_parts::Products<P> products{weights};
  sequence_lstm_s8<P>(input, products, biases, scales, samples, scratch, output);
}

}  // namespace profiler::kernels
