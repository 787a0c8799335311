// CONV_2D, int8, for cores with the DSP extension: matrix multiplication of packed weights with windows that are
// widened to int16 a few pixels at a time.
#pragma once

#include <stdint.h>

#include "kernels/common/dot_dsp.h"
#include "kernels/common/requantize_dsp.h"
#include "kernels/conv_2d/store_pair_dsp.h"
#include "kernels/conv_2d/window_columns_dsp.h"

namespace profiler::kernels {

namespace conv_2d_s8_dsp_parts {

// Walks over the output positions row by row, image by image.
template <typename P>
struct Cursor {
  const int8_t* image;
  int32_t y = -P::kPadHeight;
  int32_t x = -P::kPadWidth;

  void advance() {
    x += P::kStrideWidth;
    if (x == P::kOutputWidth * P::kStrideWidth - P::kPadWidth) {
      x = -P::kPadWidth;
      y += P::kStrideHeight;
      if (P::kBatches > 1 && y == P::kOutputHeight * P::kStrideHeight - P::kPadHeight) {
        y = -P::kPadHeight;
        image += P::kInputHeight * P::kInputWidth * P::kInputChannels;
      }
    }
  }
};

}  // namespace conv_2d_s8_dsp_parts

// weights: for each pair of output channels kSteps words, see dot_dsp.h and window_columns_dsp.h.
// channels: per output channel, rounded up to an even number, a record for Requantizer.
// scratch: kSteps * kPixels words, then kRunBytes bytes where windows hang over an edge.
// The output may overwrite the input where windows are single pixels and pixels do not grow.
template <typename P>
inline void conv_2d_s8_dsp(const int8_t* input, const uint32_t* weights, const int32_t* channels, uint8_t* scratch,
                           int8_t* output) {
  constexpr int32_t kPositions = P::kBatches * P::kOutputHeight * P::kOutputWidth;
  uint32_t* const columns = reinterpret_cast<uint32_t*>(scratch);
  const ColumnEnd columns_end = columns + P::kSteps * P::kPixels;
  conv_2d_s8_dsp_parts::Cursor<P> cursor{input};
  for (int32_t position = 0; position < kPositions; position += P::kPixels) {
    const int32_t left = kPositions - position;
    const int32_t valid = kPositions % P::kPixels == 0 || left > P::kPixels ? P::kPixels : left;
    for (int32_t pixel = 0; pixel < valid; ++pixel) {
      WindowColumn<P> column(columns + pixel, reinterpret_cast<int8_t*>(columns + P::kSteps * P::kPixels));
      column.write(cursor.image, cursor.y, cursor.x);
      cursor.advance();
    }
    const uint32_t* pair_weights = weights;
    for (int32_t channel = 0; channel < P::kOutputChannels; channel += 2) {
      PairSums<P::kPixels> sums;
      pair_weights = dot_pairs<P::kPixels, P::kSteps, P::kFoldedWeights>(columns, columns_end, pair_weights, sums);
      store_pair<P, kPositions % P::kPixels == 0>(sums, channels + Requantizer<P>::kRecord * channel,
                                                  P::kOutputChannels % 2 == 0 || channel + 1 < P::kOutputChannels,
                                                  valid, output + channel);
    }
    output += valid * P::kOutputChannels;
  }
}

}  // namespace profiler::kernels
