#include "runtime/decimal.h"

#include <string.h>

#include "runtime/arithmetic.h"
#include "runtime/text.h"

namespace profiler::decimal {
namespace {

uint32_t element_bytes(ModelDataType dtype) {
  switch (dtype) {
    case ModelDataType::INT64:
      return 8;
    case ModelDataType::FLOAT32:
    case ModelDataType::INT32:
      return 4;
    case ModelDataType::INT16:
      return 2;
    default:
      return 1;
  }
}

// mantissa * 2^exponent in thousandths, half to even; false when it is 2^53 or more.
bool to_thousandths(uint64_t mantissa, int exponent, uint64_t* thousandths) {
  while (mantissa >> 53 != 0) {
    mantissa >>= 1;
    ++exponent;
  }
  const uint64_t scaled = mantissa * 1000;  // below 2^63
  if (exponent >= 0) {
    if (exponent > 53 || (mantissa << exponent) >> exponent != mantissa || (mantissa << exponent) >> 53 != 0)
      return false;
    *thousandths = scaled << exponent;
    return true;
  }
  const int shift = -exponent;
  if (shift > 63) {
    *thousandths = 0;
    return true;
  }
  const uint64_t quotient = scaled >> shift;
  const uint64_t rest = scaled - (quotient << shift);
  const uint64_t half = 1ull << (shift - 1);
  *thousandths = quotient + (rest > half || (rest == half && (quotient & 1) != 0) ? 1 : 0);
  return true;
}

void put_thousandths(uint64_t thousandths) {
  uint32_t fraction;
  text::put_unsigned(divide(thousandths, 1000, &fraction));
  text::put_char('.');
  text::put_char(static_cast<char>('0' + fraction / 100));
  text::put_char(static_cast<char>('0' + fraction / 10 % 10));
  text::put_char(static_cast<char>('0' + fraction % 10));
}

int64_t read_integer(const ModelTensor& tensor, uint32_t index) {
  const uint8_t* from = tensor.data + index * element_bytes(tensor.dtype);
  switch (tensor.dtype) {
    case ModelDataType::INT64: {
      int64_t value;
      memcpy(&value, from, sizeof(value));
      return value;
    }
    case ModelDataType::INT32: {
      int32_t value;
      memcpy(&value, from, sizeof(value));
      return value;
    }
    case ModelDataType::INT16: {
      int16_t value;
      memcpy(&value, from, sizeof(value));
      return value;
    }
    case ModelDataType::INT8:
      return static_cast<int8_t>(*from);
    default:
      return *from;
  }
}

}  // namespace

void put_product(float value, int64_t factor) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof(bits));
  const uint32_t biased = (bits >> 23) & 0xFF;
  uint64_t mantissa = bits & 0x7FFFFF;
  if (biased == 0xFF && mantissa != 0) {
    text::put("nan");
    return;
  }
  if (biased != 0) mantissa |= 0x800000;
  uint64_t magnitude = factor < 0 ? 0 - static_cast<uint64_t>(factor) : static_cast<uint64_t>(factor);
  int exponent = (biased == 0 ? 1 : static_cast<int>(biased)) - 150;
  while (magnitude >> 40 != 0) {  // keeps the product within 64 bits
    magnitude >>= 1;
    ++exponent;
  }
  uint64_t thousandths;
  const bool finite = biased != 0xFF && to_thousandths(mantissa * magnitude, exponent, &thousandths);
  if (((bits >> 31) != 0) != (factor < 0) && (!finite || thousandths != 0)) text::put_char('-');
  if (finite) {
    put_thousandths(thousandths);
  } else {
    text::put("inf");
  }
}

void put_element(const ModelTensor& tensor, uint32_t index) {
  if (tensor.dtype == ModelDataType::FLOAT32) {
    float value;
    memcpy(&value, tensor.data + 4 * index, sizeof(value));
    put_product(value, 1);
  } else {
    put_product(tensor.scale, read_integer(tensor, index) - tensor.zero_point);
  }
}

uint32_t elements(const ModelTensor& tensor) { return tensor.size_bytes / element_bytes(tensor.dtype); }

}  // namespace profiler::decimal
