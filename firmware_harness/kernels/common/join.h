// Puts tensors together along an axis: a run of each in turn, again and again.
#pragma once

#include <stdint.h>

#include "kernels/common/runs.h"

namespace profiler::kernels {

namespace join_parts {

// Run number `turn` of the input at kPosition and of those behind it.
template <typename P, int32_t kPosition, typename T, typename... Others>
inline void append(int32_t turn, T* output, const T* input, const Others*... others) {
  constexpr int32_t kRun = P::kLengths[kPosition];
  copy_run<kRun, alignment_of_runs<P, T>()>(input + turn * kRun, output);
  if constexpr (sizeof...(others) > 0) {
    append<P, kPosition + 1>(turn, output + kRun, others...);
  }
}

}  // namespace join_parts

// P: kTurns; kLengths, elements of each input that are neighbours in the output; kTotal, their sum.
template <typename P, typename T, typename... Inputs>
inline void join(T* output, const Inputs*... inputs) {
  for (int32_t turn = 0; turn < P::kTurns; ++turn) {
    join_parts::append<P, 0>(turn, output + turn * P::kTotal, inputs...);
  }
}

}  // namespace profiler::kernels
