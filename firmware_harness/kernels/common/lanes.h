// Several output channels side by side: weights are packed so that those of kLanes channels for one tap are neighbours,
// and an input that all of them need is loaded once.
#pragma once

#include <stdint.h>

#include "kernels/common/requantize.h"

namespace profiler::kernels {

#if defined(__ARM_ARCH_6M__)
// Eight registers are not enough for this loop and for what surrounds it.
#define PROFILER_LOOP_OF_ITS_OWN __attribute__((noinline))
#else
#define PROFILER_LOOP_OF_ITS_OWN
#endif

template <int32_t kLanes>
struct Lanes {
  static_assert(kLanes <= 4, "the loops below are unrolled four times");
  int32_t sum[kLanes];

  Lanes() {
#pragma GCC unroll 4
    for (int32_t lane = 0; lane < kLanes; ++lane) {
      sum[lane] = 0;
    }
  }
};

// Adds weight * (input + kOffset) over `count` neighbouring inputs that every lane needs.
template <int32_t kOffset, int32_t kLanes>
PROFILER_LOOP_OF_ITS_OWN inline void accumulate_shared(Lanes<kLanes>* lanes, const int8_t* input, const int8_t* weights,
                                                       int32_t count) {
  Lanes<kLanes> sums = *lanes;
  for (const int8_t* end = input + count; input < end; ++input) {
    const int32_t value = *input + kOffset;
#pragma GCC unroll 4
    for (int32_t lane = 0; lane < kLanes; ++lane) {
      sums.sum[lane] += weights[lane] * value;
    }
    weights += kLanes;
  }
  *lanes = sums;
}

// Adds one weight * (input + kOffset) for each lane, whose inputs are neighbours.
template <int32_t kOffset, int32_t kLanes>
inline void accumulate_own(Lanes<kLanes>* lanes, const int8_t* input, const int8_t* weights) {
#pragma GCC unroll 4
  for (int32_t lane = 0; lane < kLanes; ++lane) {
    lanes->sum[lane] += weights[lane] * (input[lane] + kOffset);
  }
}

// Adds one input for each lane; they are neighbours.
template <int32_t kLanes>
inline void accumulate_inputs(Lanes<kLanes>* lanes, const int8_t* input) {
#pragma GCC unroll 4
  for (int32_t lane = 0; lane < kLanes; ++lane) {
    lanes->sum[lane] += input[lane];
  }
}

// Requantizes every lane. `channels` is at the first lane's record (bias at `bias_at`, multiplier, shift), and is moved
// behind the last one's. Returns the end of the output.
template <typename P, int32_t kLanes>
inline int8_t* store_lanes(const Lanes<kLanes>& lanes, const int32_t** channels, int32_t bias_at, int8_t* output) {
  int32_t sums[kLanes];  // a copy, so that the sums themselves can stay in registers until here
#pragma GCC unroll 4
  for (int32_t lane = 0; lane < kLanes; ++lane) {
    sums[lane] = lanes.sum[lane];
  }
  const int32_t* channel = *channels;
#pragma GCC unroll 1
  for (int32_t lane = 0; lane < kLanes; ++lane, channel += P::kChannelRecord) {
    *output++ = requantize_s8<P>(sums[lane] + channel[bias_at], channel[1], channel[2]);
  }
  *channels = channel;
  return output;
}

}  // namespace profiler::kernels
