// From the sums of two neighbouring output channels to their outputs at P::kPixels neighbouring pixels.
#pragma once

#include <stdint.h>

#include "kernels/common/dot_dsp.h"
#include "kernels/common/requantize_dsp.h"

namespace profiler::kernels {

// Writes the first `valid` pixels of one output channel, all of them with kAll; `sums` are of no use afterwards.
template <typename P, bool kAll, int kScale>
inline void store_channel(int32_t (&sums)[P::kPixels], const int32_t* record, int32_t valid, int8_t* output) {
  const Requantizer<P> requantizer(record);
  if constexpr (kAll && P::kPixels == 4) {
    requantizer.template write_four<kScale, P::kOutputChannels>(sums, output);
  } else if (__builtin_expect(kAll || valid == P::kPixels, true)) {
#pragma GCC unroll 4
    for (int pixel = 0; pixel < P::kPixels; ++pixel) {
      output[pixel * P::kOutputChannels] = requantizer.template output<kScale>(sums[pixel]);
    }
  } else {                     // the last pixels of the layer or of a row
    int32_t rest[P::kPixels];  // a copy, so that the sums themselves stay in registers
#pragma GCC unroll 4
    for (int pixel = 0; pixel < P::kPixels; ++pixel) {
      rest[pixel] = sums[pixel];
    }
    for (int pixel = 0; pixel < valid; ++pixel) {
      output[pixel * P::kOutputChannels] = requantizer.template output<kScale>(rest[pixel]);
    }
  }
}

// Writes two neighbouring channels, the second perhaps beyond the last.
template <typename P, bool kAll>
inline void store_pair(PairSums<P::kPixels>& sums, const int32_t* records, bool both_exist, int32_t valid,
                       int8_t* output) {
  if constexpr (P::kFoldedWeights) {
#pragma GCC unroll 4
    for (int pixel = 0; pixel < P::kPixels; ++pixel) {
      sums.both[pixel] -= sums.first[pixel];
    }
  }
  store_channel<P, kAll, 0>(sums.first, records, valid, output);
  if (both_exist) {
    store_channel<P, kAll, P::kFoldedWeights ? 8 : 0>(sums.both, records + Requantizer<P>::kRecord, valid, output + 1);
  }
}

}  // namespace profiler::kernels
