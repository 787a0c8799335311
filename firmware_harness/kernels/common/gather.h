// Reads a tensor in another order, in up to five nested loops. The lowering merges loops that continue one another.
#pragma once

#include <stdint.h>

#include "kernels/common/runs.h"

namespace profiler::kernels {

namespace gather_parts {

constexpr int32_t kLevels = 5;

// P as arrays by level, the innermost last: kSize0..4 turns, kStep0..4 what one means in the input, in elements.
template <typename P>
struct Loops {
  static constexpr int32_t kSize[kLevels] = {P::kSize0, P::kSize1, P::kSize2, P::kSize3, P::kSize4};
  static constexpr int32_t kStep[kLevels] = {P::kStep0, P::kStep1, P::kStep2, P::kStep3, P::kStep4};

  // What the addresses of every run are a multiple of, tensors beginning at words.
  template <typename T>
  static constexpr int32_t run_alignment() {
    constexpr int32_t kBytes = static_cast<int32_t>(sizeof(T));
    int32_t known = alignment_of(kSize[kLevels - 1] * kBytes, alignment_of(P::kFirst * kBytes));
    for (int32_t level = 0; level < kLevels - 1; ++level) {
      known = alignment_of(kStep[level] * kBytes, known);
    }
    return known;
  }
};

template <typename P>
constexpr int32_t outputs() {
  return P::kSize0 * P::kSize1 * P::kSize2 * P::kSize3 * P::kSize4;
}

// Writes what the loops from kLevel on read. Returns the output's end. kApart: the output is no part of the input.
template <typename P, int32_t kLevel, bool kApart, typename T>
inline T* gather_level(const T* input, T* output) {
  constexpr int32_t kSize = Loops<P>::kSize[kLevel], kStep = Loops<P>::kStep[kLevel];
  if constexpr (kLevel + 1 < kLevels) {
    for (int32_t turn = 0; turn < kSize; ++turn) {
      output = gather_level<P, kLevel + 1, kApart>(input + turn * kStep, output);
    }
    return output;
  } else if constexpr (kStep == 1) {
    constexpr int32_t kAlignment = Loops<P>::template run_alignment<T>();
    if constexpr (kApart) {
      copy_run<kSize, kAlignment>(input, output);
    } else {
      copy_run_down<kSize, kAlignment>(input, output);
    }
    return output + kSize;
  } else {
    for (int32_t turn = 0; turn < kSize; ++turn) {
      *output++ = input[turn * kStep];
    }
    return output;
  }
}

}  // namespace gather_parts

// P: kFirst, kSize0..4, kStep0..4, and kInputs, elements of the input. In place where each element is read behind the
// one before it. Both addresses are constants of the generated layer, so the comparison costs nothing.
template <typename P, typename T>
inline void gather(const T* input, T* output) {
  if (output + gather_parts::outputs<P>() <= input || input + P::kInputs <= output) {
    gather_parts::gather_level<P, 0, true>(input + P::kFirst, output);
  } else {
    gather_parts::gather_level<P, 0, false>(input + P::kFirst, output);
  }
}

}  // namespace profiler::kernels
