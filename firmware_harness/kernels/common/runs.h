// Copies runs of neighbouring elements, whose lengths are constants.
#pragma once

#include <stdint.h>
#include <string.h>

namespace profiler::kernels {

// The largest power of two up to a word that divides `bytes`, or `known` if that is less.
constexpr int32_t alignment_of(int32_t bytes, int32_t known = 4) {
  return bytes % known == 0 ? known : alignment_of(bytes, known / 2);
}

// What every address is a multiple of where runs of P::kLengths elements follow one another from a word on.
template <typename P, typename T>
constexpr int32_t alignment_of_runs() {
  int32_t known = 4;
  for (const int32_t length : P::kLengths) {
    known = alignment_of(length * static_cast<int32_t>(sizeof(T)), known);
  }
  return known;
}

// Copies kCount elements; both addresses are multiples of kAlignment bytes, and they do not overlap.
template <int32_t kCount, int32_t kAlignment, typename T>
inline void copy_run(const T* from, T* to) {
  memcpy(__builtin_assume_aligned(to, kAlignment), __builtin_assume_aligned(from, kAlignment), kCount * sizeof(T));
}

// What is copied at once where addresses are multiples of kAlignment bytes, whatever is stored there.
template <int32_t kAlignment>
struct Unit {
  using type __attribute__((may_alias)) = uint32_t;
};
template <>
struct Unit<2> {
  using type __attribute__((may_alias)) = uint16_t;
};
template <>
struct Unit<1> {
  using type = uint8_t;
};

// The same to an address at or below the first one: the two may overlap.
template <int32_t kCount, int32_t kAlignment, typename T>
inline void copy_run_down(const T* from, T* to) {
  using U = typename Unit<kAlignment>::type;
  if (from == to) {
    return;
  }
  const U* source = reinterpret_cast<const U*>(from);
  U* target = reinterpret_cast<U*>(to);
  for (int32_t i = 0; i < kCount * static_cast<int32_t>(sizeof(T)) / kAlignment; ++i) {
    target[i] = source[i];
  }
}

}  // namespace profiler::kernels
