// Enlarges or shrinks an image: each output pixel is one of the input.
#pragma once

#include <stdint.h>

#include "kernels/common/runs.h"

namespace profiler::kernels {

// P: kBatches, kInputHeight, kInputWidth, kOutputHeight, kOutputWidth, kChannels. rows, columns: of the input, one for
// each of the output.
template <typename P, typename T>
inline void resize_nearest(const T* input, const uint16_t* rows, const uint16_t* columns, T* output) {
  constexpr int32_t kAlignment = alignment_of(P::kChannels * static_cast<int32_t>(sizeof(T)));
  for (int32_t batch = 0; batch < P::kBatches; ++batch) {
    for (int32_t y = 0; y < P::kOutputHeight; ++y) {
      const T* row = input + (batch * P::kInputHeight + rows[y]) * (P::kInputWidth * P::kChannels);
      for (int32_t x = 0; x < P::kOutputWidth; ++x, output += P::kChannels) {
        copy_run<P::kChannels, kAlignment>(row + columns[x] * P::kChannels, output);
      }
    }
  }
}

}  // namespace profiler::kernels
