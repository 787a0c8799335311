// UNPACK, int16, into any number of tensors, for every core.
#pragma once

#include <stdint.h>

#include "kernels/common/split.h"

namespace profiler::kernels {

template <typename P, typename... Outputs>
inline void unpack_s16_ref(const int16_t* input, Outputs*... outputs) {
  split<P>(input, outputs...);
}

}  // namespace profiler::kernels
