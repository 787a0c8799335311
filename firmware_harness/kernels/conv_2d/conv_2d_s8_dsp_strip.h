// CONV_2D, int8, with few input channels, for cores with the DSP extension: the input rows of a tile, which is part of
// a row of output pixels, are widened to int16 once, and all windows of the tile are read from them.
#pragma once

#include <stdint.h>

#include "kernels/common/dot_dsp.h"
#include "kernels/common/requantize_dsp.h"
#include "kernels/common/simd.h"
#include "kernels/conv_2d/dot_strip_dsp.h"
#include "kernels/conv_2d/store_pair_dsp.h"
#include "kernels/conv_2d/strip_dsp.h"

namespace profiler::kernels {

namespace conv_2d_s8_dsp_strip_parts {

// Copies words, in place of a call for so few of them.
template <int kWords>
inline void copy_words(const void* source, uint8_t* to) {
  const uint32_t* from = static_cast<const uint32_t*>(source);
  for (int word = 0; word < kWords; ++word) {
    simd::store_word(to + 4 * word, from[word]);
    asm volatile("" : : : "memory");  // keeps compilers from seeing a memcpy
  }
}

// All output channels of the `pixels` pixels whose windows begin at `windows`. Two channels at a time for all pixels:
// their weights and records are copied to `staged` first, because flash takes longer to read.
template <typename P>
inline void tile(const uint8_t* windows, const uint32_t* weights, const int32_t* channels, int32_t pixels,
                 uint8_t* staged, int8_t* output) {
  constexpr int32_t kSteps = (P::kFilterWidth * P::kInputChannels + 1) / 2;
  constexpr int32_t kWords = P::kFilterHeight * kSteps;
  constexpr int32_t kRecords = 2 * Requantizer<P>::kRecord;
  constexpr int32_t kElementBytes = Strip<P>::kElementBytes;
  constexpr int32_t kPixelBytes = P::kStrideWidth * P::kInputChannels * kElementBytes;
  const uint32_t* const pair_weights = reinterpret_cast<const uint32_t*>(staged);
  const int32_t* const records = reinterpret_cast<const int32_t*>(staged) + kWords;
  const WeightsEnd end = pair_weights + kWords;
  for (int32_t channel = 0; channel < P::kOutputChannels; channel += 2) {
    copy_words<kWords>(weights, staged);
    copy_words<kRecords>(channels, staged + 4 * kWords);
    const uint8_t* window = windows;
    int8_t* to = output + channel;
    for (int32_t left = pixels; left > 0; left -= P::kPixels) {
      PairSums<P::kPixels> sums;
      dot_strip<P::kFilterHeight, kSteps, kPixelBytes, 2 * kElementBytes, Strip<P>::kRowBytes, P::kFoldedWeights>(
          window, pair_weights, end, sums);
      const int32_t valid = left > P::kPixels ? P::kPixels : left;
      store_pair<P, P::kOutputWidth % P::kPixels == 0>(
          sums, records, P::kOutputChannels % 2 == 0 || channel + 1 < P::kOutputChannels, valid, to);
      window += P::kPixels * kPixelBytes;
      to += P::kPixels * P::kOutputChannels;
    }
    weights += kWords;
    channels += kRecords;
  }
}

}  // namespace conv_2d_s8_dsp_strip_parts

// weights: for each pair of output channels and each row of the filter, words for two neighbouring inputs; see
// dot_dsp.h. channels: per output channel, rounded up to an even number, a record for Requantizer.
// scratch: the strip, then weights and records of two channels.
template <typename P>
inline void conv_2d_s8_dsp_strip(const int8_t* input, const uint32_t* weights, const int32_t* channels,
                                 uint8_t* scratch, int8_t* output) {
  for (int32_t batch = 0; batch < P::kBatches; ++batch) {
    for (int32_t y = 0; y < P::kOutputHeight; ++y) {
      for (int32_t x = 0; x < P::kOutputWidth; x += P::kTilePixels) {
        const int32_t left = P::kOutputWidth - x;
        const int32_t pixels = left < P::kTilePixels ? left : P::kTilePixels;
        Strip<P> strip(scratch);
        strip.write(input, y * P::kStrideHeight - P::kPadHeight, x * P::kStrideWidth - P::kPadWidth);
        conv_2d_s8_dsp_strip_parts::tile<P>(scratch + Strip<P>::kFrontBytes, weights, channels, pixels,
                                            scratch + Strip<P>::kBytes, output);
        output += pixels * P::kOutputChannels;
      }
    }
    input += P::kInputHeight * P::kInputWidth * P::kInputChannels;
  }
}

}  // namespace profiler::kernels
