// EXPAND_DIMS, int16: a RESHAPE by another name.
#pragma once

#include "kernels/common/copy.h"

namespace profiler::kernels {

template <typename P>
inline void expand_dims_s16_ref(const int16_t* input, int16_t* output) {
  copy_unless_in_place<P>(input, output);
}

}  // namespace profiler::kernels
