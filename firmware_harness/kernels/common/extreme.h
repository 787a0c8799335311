// The larger or the smaller of two values of any type, with broadcasting; quantized ones share scale and zero point.
// Safe in place: each output is written after its operands are read.
#pragma once

#include <stdint.h>

#include "kernels/common/broadcast.h"

namespace profiler::kernels {

template <typename P, typename T>
inline void maximum(const T* a, const T* b, T* output) {
  for_each_pair<P>(
      [=](int32_t out, int32_t at_a, int32_t at_b) { output[out] = a[at_a] > b[at_b] ? a[at_a] : b[at_b]; });
}

template <typename P, typename T>
inline void minimum(const T* a, const T* b, T* output) {
  for_each_pair<P>(
      [=](int32_t out, int32_t at_a, int32_t at_b) { output[out] = a[at_a] < b[at_b] ? a[at_a] : b[at_b]; });
}

}  // namespace profiler::kernels
