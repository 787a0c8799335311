// The sums of a DEPTHWISE_CONV_2D with int8 weights at one position, for any type of input. Weights are packed by
// kLanes channels: row, column, channel.
#pragma once

#include <stdint.h>

#include "kernels/common/lanes.h"
#include "kernels/common/window.h"

namespace profiler::kernels {

// Sums weight * (input - zero point) over the taps of neighbouring channels; `input` is at the first of them. Windows
// inside the input take the input as it is: what the zero point adds to them is in the folded bias.
template <typename P, bool kInside, typename Sum, typename Input>
inline Lanes<P::kLanes, Sum> depthwise_window_sums(const Input* input, int32_t y, int32_t x, const int8_t* weights) {
  constexpr int32_t kOffset = kInside ? 0 : -P::kInputZeroPoint;
  Taps rows, columns;
  taps_of_window<P, kInside>(y, x, &rows, &columns);
  Lanes<P::kLanes, Sum> lanes;
  for (int32_t ky = rows.first; ky < rows.end; ++ky) {
    const int32_t pixel = (y + ky * P::kDilationHeight) * P::kInputWidth + x + columns.first * P::kDilationWidth;
    const Input* tap = input + pixel * P::kInputChannels;
    const int8_t* tap_weights = weights + (ky * P::kFilterWidth + columns.first) * P::kLanes;
    for (int32_t kx = columns.first; kx < columns.end; ++kx) {
      accumulate_own<kOffset>(&lanes, tap, tap_weights);
      tap += P::kDilationWidth * P::kInputChannels;
      tap_weights += P::kLanes;
    }
  }
  return lanes;
}

}  // namespace profiler::kernels
