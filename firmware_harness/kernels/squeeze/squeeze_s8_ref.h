// SQUEEZE, int8: a RESHAPE by another name.
#pragma once

#include "kernels/common/copy.h"

namespace profiler::kernels {

template <typename P>
inline void squeeze_s8_ref(const int8_t* input, int8_t* output) {
  copy_unless_in_place<P>(input, output);
}

}  // namespace profiler::kernels
