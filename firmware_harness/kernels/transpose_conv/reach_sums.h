// The sums of a TRANSPOSE_CONV with int8 weights at one output, for any type of input. Weights are packed by kLanes
// filters: row, column, input channel, filter.
#pragma once

#include <stdint.h>

#include "kernels/common/lanes.h"
#include "kernels/transpose_conv/reach.h"

namespace profiler::kernels {

// Sums weight * (input - zero point) over what reaches the output at (y, x), for the filters at `weights`.
template <typename P, typename Sum, typename Input>
inline Lanes<P::kLanes, Sum> reach_sums(const Input* image, int32_t y, int32_t x, Reach rows, Reach columns,
                                        const int8_t* weights) {
  constexpr int32_t kTap = P::kInputChannels * P::kLanes;  // weights of one tap
  Lanes<P::kLanes, Sum> lanes;
  for (int32_t row = rows.first; row < rows.end; ++row) {
    const int8_t* row_weights = weights + (y - row * P::kStrideHeight) * (P::kFilterWidth * kTap);
    for (int32_t column = columns.first; column < columns.end; ++column) {
      accumulate_shared<-P::kInputZeroPoint>(&lanes, image + (row * P::kInputWidth + column) * P::kInputChannels,
                                             row_weights + (x - column * P::kStrideWidth) * kTap, P::kInputChannels);
    }
  }
  return lanes;
}

}  // namespace profiler::kernels
