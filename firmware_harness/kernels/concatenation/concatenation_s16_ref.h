// CONCATENATION, int16, of any number of tensors, for every core.
#pragma once

#include <stdint.h>

#include "kernels/common/join.h"

namespace profiler::kernels {

template <typename P, typename... Inputs>
inline void concatenation_s16_ref(int16_t* output, const Inputs*... inputs) {
  join<P>(output, inputs...);
}

}  // namespace profiler::kernels
