// The sums of a CONV_2D with int8 weights at one position, for any type of input. Weights are packed by kLanes filters:
// row, column, input channel, filter.
#pragma once

#include <stdint.h>

#include "kernels/common/lanes.h"
#include "kernels/common/window.h"

namespace profiler::kernels {

// Sums weight * (input - zero point) over the window at (y, x) of one image for the filters at `weights`; `input` is at
// their first channel. Windows inside the input take the input as it is: what the zero point adds to them is in the
// folded bias.
template <typename P, bool kInside, typename Sum, typename Input>
inline Lanes<P::kLanes, Sum> conv_2d_window_sums(const Input* input, int32_t y, int32_t x, const int8_t* weights) {
  constexpr int32_t kOffset = kInside ? 0 : -P::kInputZeroPoint;
  constexpr int32_t kTap = P::kFilterChannels * P::kLanes;  // weights of one tap
  Taps rows, columns;
  taps_of_window<P, kInside>(y, x, &rows, &columns);
  Lanes<P::kLanes, Sum> lanes;
  for (int32_t ky = rows.first; ky < rows.end; ++ky) {
    const Input* row = input + (y + ky * P::kDilationHeight) * (P::kInputWidth * P::kInputChannels);
    const int8_t* row_weights = weights + ky * (P::kFilterWidth * kTap);
    if constexpr (P::kRowsAreRuns) {  // the taps of a row are neighbours in memory
      accumulate_shared<kOffset>(&lanes, row + (x + columns.first) * P::kInputChannels,
                                 row_weights + columns.first * kTap,
                                 (columns.end - columns.first) * P::kFilterChannels);
    } else {
      for (int32_t kx = columns.first; kx < columns.end; ++kx) {
        accumulate_shared<kOffset>(&lanes, row + (x + kx * P::kDilationWidth) * P::kInputChannels,
                                   row_weights + kx * kTap, P::kFilterChannels);
      }
    }
  }
  return lanes;
}

}  // namespace profiler::kernels
