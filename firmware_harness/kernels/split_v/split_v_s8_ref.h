// SPLIT_V, int8, into any number of tensors, for every core.
#pragma once

#include <stdint.h>

#include "kernels/common/split.h"

namespace profiler::kernels {

template <typename P, typename... Outputs>
inline void split_v_s8_ref(const int8_t* input, Outputs*... outputs) {
  split<P>(input, outputs...);
}

}  // namespace profiler::kernels
