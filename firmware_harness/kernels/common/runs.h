// Copies runs of neighbouring elements, whose lengths are constants.
#pragma once

#include <stdint.h>
#include <string.h>

namespace profiler::kernels {

// The largest power of two up to a word that divides `bytes`, or `known` if that is less.
constexpr int32_t alignment_of(int32_t bytes, int32_t known = 4) {
  return bytes % known == 0 ? known : alignment_of(bytes, known / 2);
}

// Copies kCount elements; both addresses are multiples of kAlignment bytes, and they do not overlap.
template <int32_t kCount, int32_t kAlignment, typename T>
inline void copy_run(const T* from, T* to) {
  memcpy(__builtin_assume_aligned(to, kAlignment), __builtin_assume_aligned(from, kAlignment), kCount * sizeof(T));
}

}  // namespace profiler::kernels
