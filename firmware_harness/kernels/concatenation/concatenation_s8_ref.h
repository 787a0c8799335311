// CONCATENATION, int8, of any number of tensors, for every core.
#pragma once

#include <stdint.h>

#include "kernels/common/join.h"

namespace profiler::kernels {

template <typename P, typename... Inputs>
inline void concatenation_s8_ref(int8_t* output, const Inputs*... inputs) {
  join<P>(output, inputs...);
}

}  // namespace profiler::kernels
