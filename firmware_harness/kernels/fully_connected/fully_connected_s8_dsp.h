// FULLY_CONNECTED, int8, for cores with the DSP extension: four outputs at a time, weights streamed once a row.
#pragma once

#include <stdint.h>

#include "kernels/common/dot_four_dsp.h"
#include "kernels/common/requantize_dsp.h"

namespace profiler::kernels {

// weights: for each four outputs and each four inputs (both rounded up, with zeros) four words, see dot_four_dsp.h.
// channels: per output, rounded up to a multiple of four, a record for Requantizer.
template <typename P>
inline void fully_connected_s8_dsp(const int8_t* input, const uint32_t* weights, const int32_t* channels,
                                   int8_t* output) {
  constexpr int32_t kWhole = P::kInputs & ~3;
  constexpr int kScale = P::kFoldedWeights ? 8 : 0;
  for (int32_t batch = 0; batch < P::kBatches; ++batch, input += P::kInputs) {
    int8_t rest[4] = {};  // the last one to three inputs: nothing behind the row is read
    for (int32_t i = kWhole; i < P::kInputs; ++i) {
      rest[i - kWhole] = input[i];
    }
    const uint32_t* group_weights = weights;
    const int32_t* record = channels;
    for (int32_t left = P::kOutputs; left > 0; left -= 4) {
      FourSums sums;
      if constexpr (kWhole > 0) {
        group_weights = dot_four<P::kFoldedWeights, kWhole % 8 == 0>(input, input + kWhole, group_weights, sums);
      }
      if constexpr (kWhole < P::kInputs) {
        group_weights = dot_four<P::kFoldedWeights, false>(rest, rest + 4, group_weights, sums);
      }
#pragma GCC unroll 2
      for (int pair = 0; pair < 2; ++pair) {
        const uint32_t to_remove = P::kFoldedWeights ? static_cast<uint32_t>(sums.first[pair]) : 0;
        const int32_t second = static_cast<int32_t>(static_cast<uint32_t>(sums.both[pair]) - to_remove);
        if (P::kOutputs % 4 == 0 || left > 2 * pair) {
          *output++ = Requantizer<P>(record).output(sums.first[pair]);
        }
        if (P::kOutputs % 4 == 0 || left > 2 * pair + 1) {
          *output++ = Requantizer<P>(record + Requantizer<P>::kRecord).template output<kScale>(second);
        }
        record += 2 * Requantizer<P>::kRecord;
      }
    }
  }
}

}  // namespace profiler::kernels
