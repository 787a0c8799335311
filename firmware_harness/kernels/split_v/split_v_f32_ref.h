// SPLIT_V, float32, into any number of tensors, for every core.
#pragma once

#include <stdint.h>

#include "kernels/common/split.h"

namespace profiler::kernels {

template <typename P, typename... Outputs>
inline void split_v_f32_ref(const float* input, Outputs*... outputs) {
  split<P>(input, outputs...);
}

}  // namespace profiler::kernels
