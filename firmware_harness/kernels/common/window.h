// A sliding window on its input: which taps of it lie on the input at all.
#pragma once

#include <stdint.h>

namespace profiler::kernels {

struct Taps {
  int32_t first;
  int32_t end;  // one past the last
};

// Taps of one axis that lie on an input of `input_size`, for a window whose first tap is at `origin` (which is below
// zero where the window begins in the padding). Dilation is a constant in every caller, so divisions fold away.
inline Taps taps_inside(int32_t origin, int32_t input_size, int32_t filter_size, int32_t dilation) {
  Taps taps{0, filter_size};
  if (origin < 0) {
    taps.first = (-origin + dilation - 1) / dilation;
  }
  const int32_t reachable = (input_size - origin + dilation - 1) / dilation;
  if (reachable < filter_size) {
    taps.end = reachable;
  }
  return taps;
}

// True when every tap of the window lies on the input.
template <typename P>
inline bool window_is_inside(int32_t y_origin, int32_t x_origin) {
  return y_origin >= 0 && x_origin >= 0 && y_origin + (P::kFilterHeight - 1) * P::kDilationHeight < P::kInputHeight &&
         x_origin + (P::kFilterWidth - 1) * P::kDilationWidth < P::kInputWidth;
}

// Calls visit(batch, y_origin, x_origin, inside) for each output position, row by row. `inside` is an integral
// constant type, so that the frequent case compiles without bounds.
struct Inside {
  static constexpr bool value = true;
};
struct AtEdge {
  static constexpr bool value = false;
};

template <typename P, typename Visit>
inline void for_each_window(Visit visit) {
  for (int32_t batch = 0; batch < P::kBatches; ++batch) {
    for (int32_t out_y = 0; out_y < P::kOutputHeight; ++out_y) {
      const int32_t y_origin = out_y * P::kStrideHeight - P::kPadHeight;
      for (int32_t out_x = 0; out_x < P::kOutputWidth; ++out_x) {
        const int32_t x_origin = out_x * P::kStrideWidth - P::kPadWidth;
        if constexpr (P::kPadded) {
          if (!window_is_inside<P>(y_origin, x_origin)) {
            visit(batch, y_origin, x_origin, AtEdge{});
            continue;
          }
        }
        visit(batch, y_origin, x_origin, Inside{});
      }
    }
  }
}

// The taps of a window along both axes: all of them for a window inside, the ones on the input for one at the edge.
template <typename P, bool kInside>
inline void taps_of_window(int32_t y_origin, int32_t x_origin, Taps* rows, Taps* columns) {
  if constexpr (kInside) {
    *rows = Taps{0, P::kFilterHeight};
    *columns = Taps{0, P::kFilterWidth};
  } else {
    *rows = taps_inside(y_origin, P::kInputHeight, P::kFilterHeight, P::kDilationHeight);
    *columns = taps_inside(x_origin, P::kInputWidth, P::kFilterWidth, P::kDilationWidth);
  }
}

}  // namespace profiler::kernels
