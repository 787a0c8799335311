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

template <int32_t kLanes, typename Sum = int32_t>
struct Lanes {
  static_assert(kLanes <= 4, "the loops below are unrolled four times");
  Sum sum[kLanes];

  Lanes() {
#pragma GCC unroll 4
    for (int32_t lane = 0; lane < kLanes; ++lane) {
      sum[lane] = 0;
    }
  }
};

// Adds weight * (input + kOffset) over `count` neighbouring inputs that every lane needs.
template <int32_t kOffset, int32_t kLanes, typename Sum, typename Input>
PROFILER_LOOP_OF_ITS_OWN inline void accumulate_shared(Lanes<kLanes, Sum>* lanes, const Input* input,
                                                       const int8_t* weights, int32_t count) {
  Lanes<kLanes, Sum> sums = *lanes;
  for (const Input* end = input + count; input < end; ++input) {
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
template <int32_t kOffset, int32_t kLanes, typename Sum, typename Input>
inline void accumulate_own(Lanes<kLanes, Sum>* lanes, const Input* input, const int8_t* weights) {
#pragma GCC unroll 4
  for (int32_t lane = 0; lane < kLanes; ++lane) {
    lanes->sum[lane] += weights[lane] * (input[lane] + kOffset);
  }
}

// Adds one input for each lane; they are neighbours.
template <int32_t kLanes, typename Input>
inline void accumulate_inputs(Lanes<kLanes>* lanes, const Input* input) {
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
