// Copies a tensor into a larger one, whose rim gets one value. The lowering merges dimensions into five levels.
#pragma once

#include <stdint.h>

namespace profiler::kernels {

namespace pad_parts {

constexpr int32_t kLevels = 5;

// P as arrays by level: kSize0..4 of the input, kBefore0..4 and kAfter0..4 what is added on either side.
template <typename P>
struct Shape {
  static constexpr int32_t kSize[kLevels] = {P::kSize0, P::kSize1, P::kSize2, P::kSize3, P::kSize4};
  static constexpr int32_t kBefore[kLevels] = {P::kBefore0, P::kBefore1, P::kBefore2, P::kBefore3, P::kBefore4};
  static constexpr int32_t kAfter[kLevels] = {P::kAfter0, P::kAfter1, P::kAfter2, P::kAfter3, P::kAfter4};
};

// Output elements of one step along `level`.
template <typename P>
constexpr int32_t step(int32_t level) {
  int32_t elements = 1;
  for (int32_t inner = level + 1; inner < kLevels; ++inner) {
    elements *= Shape<P>::kSize[inner] + Shape<P>::kBefore[inner] + Shape<P>::kAfter[inner];
  }
  return elements;
}

template <typename T>
inline T* fill(T* output, T value, int32_t count) {
  for (int32_t i = 0; i < count; ++i) {
    output[i] = value;
  }
  return output + count;
}

// Writes everything of one `level`, from *input on, and moves *input behind what it read. Returns the output's end.
template <typename P, int32_t kLevel, typename T>
inline T* pad_level(const T** input, T* output, T value) {
  constexpr int32_t kStep = step<P>(kLevel);
  output = fill(output, value, Shape<P>::kBefore[kLevel] * kStep);
  for (int32_t i = 0; i < Shape<P>::kSize[kLevel]; ++i) {
    if constexpr (kLevel + 1 < kLevels) {
      output = pad_level<P, kLevel + 1>(input, output, value);
    } else {
      *output++ = *(*input)++;
    }
  }
  return fill(output, value, Shape<P>::kAfter[kLevel] * kStep);
}

}  // namespace pad_parts

template <typename P, typename T>
inline void pad_any(const T* input, T* output, T value) {
  pad_parts::pad_level<P, 0>(&input, output, value);
}

}  // namespace profiler::kernels
