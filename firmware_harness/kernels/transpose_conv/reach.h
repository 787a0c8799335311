// The inputs that reach an output of a TRANSPOSE_CONV, and which tap of the filter takes each of them there.
#pragma once

#include <stdint.h>

namespace profiler::kernels {

// Inputs first, first + 1, … end - 1 of one axis. Input i goes to output o by tap o + padding - i * stride.
struct Reach {
  int32_t first;
  int32_t end;  // not above first where none reaches
};

// `place` is the output's index plus the padding in front.
template <int32_t kInput, int32_t kFilter, int32_t kStride>
inline Reach inputs_reaching(int32_t place) {
  const int32_t behind_filter = place - kFilter + kStride;
  const int32_t end = place / kStride + 1;
  return Reach{behind_filter > 0 ? behind_filter / kStride : 0, end < kInput ? end : kInput};
}

// Calls visit(batch, y, x, rows, columns) for each output, row by row; y and x with padding, as taps count from them.
template <typename P, typename Visit>
inline void for_each_output(Visit visit) {
  for (int32_t batch = 0; batch < P::kBatches; ++batch) {
    for (int32_t y = P::kPadHeight; y < P::kPadHeight + P::kOutputHeight; ++y) {
      const Reach rows = inputs_reaching<P::kInputHeight, P::kFilterHeight, P::kStrideHeight>(y);
      for (int32_t x = P::kPadWidth; x < P::kPadWidth + P::kOutputWidth; ++x) {
        visit(batch, y, x, rows, inputs_reaching<P::kInputWidth, P::kFilterWidth, P::kStrideWidth>(x));
      }
    }
  }
}

}  // namespace profiler::kernels
