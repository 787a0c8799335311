// From a sum of int16 × int8 products to an int16 output: the last step of int16 convolutions and fully connected
// layers.
#pragma once

#include <stdint.h>

#include "kernels/common/fixed_point.h"
#include "kernels/common/lanes.h"

namespace profiler::kernels {

// What products are summed in: 511 of them fit 32 bits, more need 64.
template <bool kWide>
struct SumType {
  using type = int32_t;
};
template <>
struct SumType<true> {
  using type = int64_t;
};
template <typename P>
using SumOf = typename SumType<P::kWideSums>::type;

// Adds the bias, scales, and clamps to the fused activation; zero points of int16 are 0. With a bias of 64 bits
// (kWideBias) a record is its lower half, its upper half, the multiplier's upper 16 bits and how far the product is
// shifted right, rounded once; else bias, multiplier and shift as in int8, rounded twice. Both as TFLite does it.
template <typename P>
inline int16_t requantize_s16(SumOf<P> sum, const int32_t* record) {
  int32_t scaled;
  if constexpr (P::kWideBias) {
    const uint64_t low = static_cast<uint32_t>(record[0]);
    const int64_t bias = static_cast<int64_t>(low | static_cast<uint64_t>(static_cast<uint32_t>(record[1])) << 32);
    const int64_t product = (sum + bias) * record[2] + (int64_t{1} << (record[3] - 1));
    scaled = static_cast<int32_t>(product >> record[3]);
  } else {
    const uint32_t wrapped = static_cast<uint32_t>(sum) + static_cast<uint32_t>(record[0]);
    scaled = multiply_by_quantized_multiplier(static_cast<int32_t>(wrapped), record[1], record[2]);
  }
  return static_cast<int16_t>(clamp(scaled, P::kOutputMin, P::kOutputMax));
}

// Requantizes every lane. `channels` is at the first lane's record, and is moved behind the last one's. Returns the end
// of the output.
template <typename P, int32_t kLanes>
inline int16_t* store_lanes_s16(const Lanes<kLanes, SumOf<P>>& lanes, const int32_t** channels, int16_t* output) {
  const int32_t* channel = *channels;
#pragma GCC unroll 1
  for (int32_t lane = 0; lane < kLanes; ++lane, channel += P::kChannelRecord) {
    *output++ = requantize_s16<P>(lanes.sum[lane], channel);
  }
  *channels = channel;
  return output;
}

}  // namespace profiler::kernels
