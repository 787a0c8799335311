// Puts tensors together along an axis: a run of each in turn, again and again.
#pragma once

#include <stdint.h>

#include "kernels/common/runs.h"

namespace profiler::kernels {

namespace join_parts {

template <typename P>
struct Runs {
  static constexpr int32_t kLength[] = {P::kRun0, P::kRun1, P::kRun2, P::kRun3, P::kRun4,
                                        P::kRun5, P::kRun6, P::kRun7, P::kRun8, P::kRun9};

  // What every address is a multiple of, tensors beginning at words.
  template <typename T>
  static constexpr int32_t alignment() {
    int32_t known = 4;
    for (const int32_t length : kLength) {
      known = alignment_of(length * static_cast<int32_t>(sizeof(T)), known);
    }
    return known;
  }
};

// Run number `turn` of the input at kPosition and of those behind it.
template <typename P, int32_t kPosition, typename T, typename... Others>
inline void append(int32_t turn, T* output, const T* input, const Others*... others) {
  constexpr int32_t kRun = Runs<P>::kLength[kPosition];
  copy_run<kRun, Runs<P>::template alignment<T>()>(input + turn * kRun, output);
  if constexpr (sizeof...(others) > 0) {
    append<P, kPosition + 1>(turn, output + kRun, others...);
  }
}

}  // namespace join_parts

// P: kTurns; kRun0..9, elements of each input that are neighbours in the output (0 where there is no such input);
// kRuns, their sum.
template <typename P, typename T, typename... Inputs>
inline void join(T* output, const Inputs*... inputs) {
  for (int32_t turn = 0; turn < P::kTurns; ++turn) {
    join_parts::append<P, 0>(turn, output + turn * P::kRuns, inputs...);
  }
}

}  // namespace profiler::kernels
