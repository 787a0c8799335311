// Copies a tensor to where another one lives.
#pragma once

#include <stdint.h>
#include <string.h>

namespace profiler::kernels {

// P: kCount, elements. Both addresses are constants of the generated layer, so the comparison costs nothing.
template <typename P, typename T>
inline void copy_unless_in_place(const T* input, T* output) {
  if (input != output) {
    memmove(output, input, P::kCount * sizeof(T));
  }
}

}  // namespace profiler::kernels
