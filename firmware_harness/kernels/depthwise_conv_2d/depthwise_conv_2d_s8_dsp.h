// DEPTHWISE_CONV_2D, int8, for cores with the DSP extension: one channel at a time is copied out of the image, widened
// and padded, and then filtered two taps an instruction.
#pragma once

#include <stdint.h>

#include "kernels/common/requantize_dsp.h"
#include "kernels/depthwise_conv_2d/filter_3x3_dsp.h"
#include "kernels/depthwise_conv_2d/filter_any_dsp.h"
#include "kernels/depthwise_conv_2d/plane_dsp.h"
#include "kernels/depthwise_conv_2d/rows_3x3_dsp.h"

namespace profiler::kernels {

namespace depthwise_conv_2d_s8_dsp_parts {

template <typename P, bool kRegisters>
struct FilterOf {
  using Type = FilterAny<P::kFilterHeight, P::kFilterWidth, 2 * P::kRowValues>;
};

template <typename P>
struct FilterOf<P, true> {
  using Type = Filter3x3<2 * P::kRowValues, Requantizer<P>::kWeightScale>;
};

// One output row of one channel; `taps` is at its first window and `output` at its first pixel.
template <typename P, typename Filter>
inline void filter_row(const Filter& filter, const Requantizer<P>& requantizer, const int16_t* taps, int8_t* output) {
  for (int32_t x = 0; x < P::kOutputWidth; ++x) {
    *output = requantizer.output_of(filter.one(taps, requantizer.bias()));
    taps += P::kStrideWidth;
    output += P::kOutputChannels;
  }
}

// `rows` output rows of one channel.
template <typename P>
inline void filter_plane(const Plane<P>& plane, const uint32_t* weights, const int32_t* record, int32_t rows,
                         int8_t* output) {
  const typename FilterOf<P, P::kFilterInRegisters>::Type filter(weights);
  const Requantizer<P> requantizer(record);
  if constexpr (P::kFilterInRegisters && kHasRows3x3<P>) {
    rows_3x3(filter, requantizer, plane.window_row(0), rows, output);
  } else {
    for (int32_t row = 0; row < rows; ++row) {
      filter_row(filter, requantizer, plane.window_row(row), output);
      output += P::kOutputWidth * P::kOutputChannels;
    }
  }
}

}  // namespace depthwise_conv_2d_s8_dsp_parts

// weights: per output channel the words of its filter, see filter_3x3_dsp.h (kFilterInRegisters) and filter_any_dsp.h.
// channels: per output channel a record for Requantizer. scratch: kStripRows * kRowValues int16.
// The output may overwrite the input where both have the same channels and one band is the whole image.
template <typename P>
inline void depthwise_conv_2d_s8_dsp(const int8_t* input, const uint32_t* weights, const int32_t* channels,
                                     uint8_t* scratch, int8_t* output) {
  namespace parts = depthwise_conv_2d_s8_dsp_parts;
  Plane<P> plane(reinterpret_cast<int16_t*>(scratch));
  for (int32_t batch = 0; batch < P::kBatches; ++batch) {
    for (int32_t top = 0; top < P::kOutputHeight; top += P::kBandRows) {
      const int32_t left = P::kOutputHeight - top;
      const int32_t rows = left < P::kBandRows ? left : P::kBandRows;
      const uint32_t* filter = weights;
      const int32_t* record = channels;
      plane.pad();
      for (int32_t channel = 0; channel < P::kOutputChannels; ++channel) {
        if (channel % P::kDepthMultiplier == 0) {
          plane.read(input + channel / P::kDepthMultiplier, top * P::kStrideHeight - P::kPadHeight);
        }
        parts::filter_plane<P>(plane, filter, record, rows, output + channel);
        filter += parts::FilterOf<P, P::kFilterInRegisters>::Type::kWords;
        record += Requantizer<P>::kRecord;
      }
      output += rows * (P::kOutputWidth * P::kOutputChannels);
    }
    input += P::kInputHeight * P::kInputWidth * P::kInputChannels;
  }
}

}  // namespace profiler::kernels
