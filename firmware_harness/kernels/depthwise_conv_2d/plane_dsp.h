// One channel of an int8 image, widened to int16 and with its padding around it.
#pragma once

#include <stdint.h>

namespace profiler::kernels {

// A band of rows as the taps of kBandRows output rows need it: kStripRows rows of kRowValues (an even number), the
// first of them for the first tap of the band's first output row.
template <typename P>
class Plane {
 public:
  // values: kStripRows * kRowValues, aligned to 4 bytes.
  explicit Plane(int16_t* values) : values_(values) {}

  // Everything becomes the input zero point; `read` then leaves the padding as it is.
  void pad() {
    for (int32_t i = 0; i < P::kStripRows * P::kRowValues; ++i) {
      values_[i] = static_cast<int16_t>(P::kInputZeroPoint);
    }
  }

  // The rows of a channel for a band whose first tap is in row `top` of the image, which may be above it.
  void read(const int8_t* channel, int32_t top) {
    const int32_t first = top < 0 ? 0 : top;
    const int32_t end = top + P::kStripRows < P::kInputHeight ? top + P::kStripRows : P::kInputHeight;
    const int8_t* from = channel + first * (P::kInputWidth * P::kInputChannels);
    int16_t* to = values_ + (first - top) * P::kRowValues + P::kPadWidth;
    for (int32_t y = first; y < end; ++y) {
#pragma GCC unroll 8
      for (int32_t x = 0; x < kColumns; ++x) {
        to[x] = from[x * P::kInputChannels];
      }
      from += P::kInputWidth * P::kInputChannels;
      to += P::kRowValues;
    }
  }

  // Where the first tap of output row `row` of the band lies.
  const int16_t* window_row(int32_t row) const { return values_ + row * (P::kStrideHeight * P::kRowValues); }

 private:
  static constexpr int32_t kReach = (P::kOutputWidth - 1) * P::kStrideWidth + P::kFilterWidth - P::kPadWidth;
  static constexpr int32_t kColumns = kReach < P::kInputWidth ? kReach : P::kInputWidth;

  int16_t* values_;
};

}  // namespace profiler::kernels
