// Real numbers as text with three decimals, in integer arithmetic: cores without an FPU need no float library for it.
#pragma once

#include <stdint.h>

#include "runtime/model.h"

namespace profiler::decimal {

// value * factor, rounded half to even as printf("%.3f") does; exact while value * factor * 2^-exponent < 2^53.
// Prints "nan" and "inf" for what is none or beyond 2^53.
void put_product(float value, int64_t factor);

// Element `index` of a tensor as the real number it stands for.
void put_element(const ModelTensor& tensor, uint32_t index);

// Number of elements of a tensor.
uint32_t elements(const ModelTensor& tensor);

}  // namespace profiler::decimal
