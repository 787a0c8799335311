// SQUEEZE, float32: a RESHAPE by another name.
#pragma once

#include "kernels/common/copy.h"

namespace profiler::kernels {

template <typename P>
inline void squeeze_f32_ref(const float* input, float* output) {
  copy_unless_in_place<P>(input, output);
}

}  // namespace profiler::kernels
