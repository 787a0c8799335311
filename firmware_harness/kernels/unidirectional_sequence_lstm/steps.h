// The order in which a UNIDIRECTIONAL_SEQUENCE_LSTM computes: batch by batch, step by step, unit by unit. What a step
// gives is the hidden state that the next one reads, so the output itself keeps it; the cell state is scratch memory.
// Both begin at 0 in every inference.
#pragma once

#include <stdint.h>

namespace profiler::kernels {

enum LstmGate { kInputGate, kForgetGate, kCellGate, kOutputGate, kGates };

// Calls unit(u, values of the step, hidden state, &cell state of the unit) for each output and stores what it returns.
// The hidden state is null where it is 0: in the first step. P: kBatches, kSteps, kInputs, kUnits; kInputBatch,
// kInputStep, kOutputBatch, kOutputStep: elements from one batch or step to the next.
template <typename P, typename T, typename Cell, typename Unit>
inline void for_each_unit(const T* input, Cell* cells, T* output, Unit unit) {
  for (int32_t batch = 0; batch < P::kBatches; ++batch) {
    const T* in = input + batch * P::kInputBatch;
    T* out = output + batch * P::kOutputBatch;
    const T* hidden = nullptr;
    for (int32_t u = 0; u < P::kUnits; ++u) {
      cells[u] = 0;
    }
    for (int32_t step = 0; step < P::kSteps; ++step) {
      for (int32_t u = 0; u < P::kUnits; ++u) {
        out[u] = unit(u, in, hidden, cells + u);
      }
      hidden = out;
      in += P::kInputStep;
      out += P::kOutputStep;
    }
  }
}

}  // namespace profiler::kernels
