// The maximum over windows, for any element type.
#pragma once

#include <stdint.h>

#include "kernels/common/window.h"

namespace profiler::kernels {

// Writes finish(maximum) for each window and channel; `lowest` is what a maximum starts from. Taps in the padding do
// not count.
template <typename P, typename T, typename Finish>
inline void max_over_windows(const T* input, T* output, T lowest, Finish finish) {
  constexpr int32_t kRow = P::kInputWidth * P::kInputChannels;
  for_each_window<P>([&](int32_t batch, int32_t y, int32_t x, auto position) {
    Taps rows, columns;
    taps_of_window<P, decltype(position)::value>(y, x, &rows, &columns);
    const int32_t first = (batch * P::kInputHeight + y + rows.first) * kRow + (x + columns.first) * P::kInputChannels;
    for (int32_t c = 0; c < P::kInputChannels; ++c) {
      const T* row = input + first + c;
      T highest = lowest;
      for (int32_t ky = rows.first; ky < rows.end; ++ky, row += kRow) {
        for (int32_t kx = 0; kx < columns.end - columns.first; ++kx) {
          const T value = row[kx * P::kInputChannels];
          highest = highest < value ? value : highest;
        }
      }
      *output++ = finish(highest);
    }
  });
}

}  // namespace profiler::kernels
