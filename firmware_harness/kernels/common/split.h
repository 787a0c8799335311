// Takes a tensor apart along an axis: a run to each output in turn, again and again.
#pragma once

#include <stdint.h>

#include "kernels/common/runs.h"

namespace profiler::kernels {

namespace split_parts {

// Run number `turn` of the output at kPosition and of those behind it. Only the first may be where its input is; both
// addresses are constants of the generated layer, so the comparison costs nothing.
template <typename P, int32_t kPosition, typename T, typename... Others>
inline void take(int32_t turn, const T* input, T* output, Others*... others) {
  constexpr int32_t kRun = P::kLengths[kPosition];
  if (kPosition > 0 || input != output) {
    copy_run<kRun, alignment_of_runs<P, T>()>(input, output + turn * kRun);
  }
  if constexpr (sizeof...(others) > 0) {
    take<P, kPosition + 1>(turn, input + kRun, others...);
  }
}

}  // namespace split_parts

// P: kTurns; kLengths, elements of each output that are neighbours in the input; kTotal, their sum. The first output
// may be where the input is if there is one turn.
template <typename P, typename T, typename... Outputs>
inline void split(const T* input, Outputs*... outputs) {
  for (int32_t turn = 0; turn < P::kTurns; ++turn) {
    split_parts::take<P, 0>(turn, input + turn * P::kTotal, outputs...);
  }
}

}  // namespace profiler::kernels
