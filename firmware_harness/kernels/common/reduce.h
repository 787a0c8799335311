// Sums over some dimensions of a tensor. The lowering merges neighbouring dimensions of the same fate, which leaves
// five groups in turn: kept, summed, kept, summed, kept (of size 1 where a tensor has fewer).
#pragma once

#include <stdint.h>

namespace profiler::kernels {

// Calls store(sum) for every output in order. P: kKept0, kSummed0, kKept1, kSummed1, kKept2.
template <typename P, typename Sum, typename T, typename Store>
inline void sum_groups(const T* input, Store store) {
  constexpr int32_t kStride1 = P::kKept2;  // of a step in kSummed1
  constexpr int32_t kStrideKept1 = P::kSummed1 * kStride1;
  constexpr int32_t kStride0 = P::kKept1 * kStrideKept1;  // of a step in kSummed0
  for (int32_t kept0 = 0; kept0 < P::kKept0; ++kept0) {
    for (int32_t kept1 = 0; kept1 < P::kKept1; ++kept1) {
      for (int32_t kept2 = 0; kept2 < P::kKept2; ++kept2) {
        const T* outer = input + kept0 * (P::kSummed0 * kStride0) + kept1 * kStrideKept1 + kept2;
        Sum sum = 0;
        for (int32_t s0 = 0; s0 < P::kSummed0; ++s0, outer += kStride0) {
          for (int32_t s1 = 0; s1 < P::kSummed1; ++s1) {
            sum += outer[s1 * kStride1];
          }
        }
        store(sum);
      }
    }
  }
}

}  // namespace profiler::kernels
