// PACK, float32, of any number of tensors, for every core.
#pragma once

#include <stdint.h>

#include "kernels/common/join.h"

namespace profiler::kernels {

template <typename P, typename... Inputs>
inline void pack_f32_ref(float* output, const Inputs*... inputs) {
  join<P>(output, inputs...);
}

}  // namespace profiler::kernels
