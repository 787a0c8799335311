// infer, time, results, output, layers: what runs the model or shows what it left.
#include "board_config.h"
#include "runtime/commands.h"
#include "runtime/crc.h"
#include "runtime/cycle_counter.h"
#include "runtime/decimal.h"
#include "runtime/input.h"
#include "runtime/model.h"
#include "runtime/text.h"
#include "runtime/timer.h"

#if PROFILER_LEVEL1_CACHES
#include "bsp/drivers/cortex_m7_cache.h"
#endif

namespace profiler::commands {
namespace {

void put_lap(uint64_t cycles) {
  text::put("m-lap-us-");
  text::put_unsigned(timer::microseconds(cycles));
  text::end_line();
}

void put_counted(const char* label, uint64_t count) {
  text::put(label);
  text::put_unsigned(count);
  text::end_line();
}

// Before warm-ups: after them caches hold what the model left there, and nothing depends on what ran before, as it
// would in a cache that replaces lines at random.
[[gnu::noinline]] void forget_caches() {
#if PROFILER_LEVEL1_CACHES
  bsp::empty_level1_caches();
#endif
}

// Whether all inferences on one input gave the same outputs.
class Comparison {
 public:
  void add_outputs() {
    uint32_t check = crc::kStart;
    for (uint32_t i = 0; i < model_output_count; ++i) {
      const ModelTensor& tensor = model_outputs[i];
      for (uint32_t byte = 0; byte < tensor.size_bytes; ++byte) check = crc::update(check, tensor.data[byte]);
    }
    differs_ = differs_ || (any_ && check != check_);
    check_ = check;
    any_ = true;
  }

  bool differs() const { return differs_; }

 private:
  uint32_t check_ = 0;
  bool any_ = false;
  bool differs_ = false;
};

// Cycles in the model alone: copying the input is not part of an inference.
uint32_t run_once(Comparison& comparison) {
  input::place();
  const uint32_t start = cycle_counter_read();
  model_invoke();
  const uint32_t spent = cycle_counter_read() - start;
  input::consume();
  timer::cycles();  // notices a wrap of the counter
  comparison.add_outputs();
  return spent;
}

uint32_t run_profiled(uint32_t* layer_cycles) {
  input::place();
  const uint32_t start = cycle_counter_read();
  model_invoke_profiled(layer_cycles);
  const uint32_t spent = cycle_counter_read() - start;
  input::consume();
  timer::cycles();
  return spent;
}

// Prints why no inference can run, if so.
bool refused(uint32_t runs) {
  if (input::state() == input::State::kLoaded && (runs == 1 || input::reusable())) return false;
  switch (input::state()) {
    case input::State::kEmpty:
      text::put("e-[No input: 'db load' first]\r\n");
      break;
    case input::State::kLoading:
      text::put("e-[Input incomplete: more 'db' bytes expected]\r\n");
      break;
    case input::State::kUsed:
      text::put("e-[Input is used up: RAM has no room to keep it, load it again]\r\n");
      break;
    case input::State::kLoaded:
      text::put("e-[Only 'infer 1 0': RAM has no room to keep the input for more than one inference]\r\n");
      break;
  }
  return true;
}

// Prints that there is nothing to show, if so: what the arena holds then is no output.
bool without_outputs() {
  if (!input::inferred()) text::put("e-[No output: 'infer' first]\r\n");
  return !input::inferred();
}

void put_outside(uint32_t total) {
  text::put("e-[FIRST and COUNT must lie within ");
  text::put_unsigned(total);
  text::put("]\r\n");
}

// An optional part of `total` things: FIRST and COUNT. False when it is not within them.
bool next_part(Words& words, uint32_t total, uint32_t* first, uint32_t* count) {
  *first = 0;
  *count = total;
  if (!words.has_more()) return true;
  return words.next_number(first) && words.next_number(count) && *first <= total && *count <= total - *first;
}

// Warm-ups, then timed inferences. False when none ran, with the reason printed.
bool time_inferences(Words& words) {
  uint32_t runs = 1;
  uint32_t warmups = 0;
  if (words.has_more() && (!words.next_number(&runs) || runs == 0)) {
    text::put("e-[Inference iterations must be >0]\r\n");
    return false;
  }
  if (words.has_more() && !words.next_number(&warmups)) {
    text::put("e-[Inference warmup must be >=0]\r\n");
    return false;
  }
  if (refused(runs + warmups)) return false;
  put_counted("m-warmup-start-", warmups);
  Comparison comparison;
  if (warmups > 0) forget_caches();
  while (warmups-- > 0) run_once(comparison);
  text::put("m-warmup-done\r\n");
  put_counted("m-infer-start-", runs);
  const uint64_t start = timer::cycles();
  uint64_t spent = 0;
  while (runs-- > 0) spent += run_once(comparison);
  put_lap(start);  // not before: the number of its digits would decide what caches hold
  put_lap(start + spent);
  text::put("m-infer-done\r\n");
  put_counted("m-infer-cycles-", spent);
  if (comparison.differs()) text::put("e-[Outputs of inferences on the same input differ]\r\n");
  return !comparison.differs();
}

}  // namespace

void timestamp(Words&) { put_lap(timer::cycles()); }

void time(Words& words) { time_inferences(words); }

void infer(Words& words) {
  if (time_inferences(words)) results(words);
}

void results(Words&) {
  if (without_outputs()) return;
  const ModelTensor& tensor = model_outputs[0];
  text::put("m-results-[");
  for (uint32_t i = 0; i < decimal::elements(tensor); ++i) {
    if (i != 0) text::put_char(',');
    decimal::put_element(tensor, i);
  }
  text::put("]\r\n");
}

void output(Words& words) {
  uint32_t index;
  if (!words.next_number(&index) || index >= model_output_count) {
    text::put("e-[Command 'output' requires an index below ");
    text::put_unsigned(model_output_count);
    text::put("]\r\n");
    return;
  }
  if (without_outputs()) return;
  const ModelTensor& tensor = model_outputs[index];
  uint32_t offset;
  uint32_t count;
  if (!next_part(words, tensor.size_bytes, &offset, &count)) {
    put_outside(tensor.size_bytes);
    return;
  }
  text::put("m-output-");
  text::put_unsigned(index);
  text::put("-[");
  text::put_bytes(tensor.data + offset, count);
  text::put("]\r\n");
}

void layers(Words& words) {
  uint32_t spare_bytes;
  uint32_t* cycles = reinterpret_cast<uint32_t*>(input::spare_ram(&spare_bytes));
  uint32_t first;
  uint32_t count;
  if (!next_part(words, model_layer_count, &first, &count)) {
    put_outside(model_layer_count);
    return;
  }
  if (refused(1)) return;
  if (spare_bytes / sizeof(uint32_t) < model_layer_count) {
    text::put("e-[RAM has no room for one counter per layer]\r\n");
    return;
  }
  text::put("m-layers-start\r\n");
  if (input::reusable()) {
    forget_caches();
    run_profiled(cycles);
  }
  const uint32_t total = run_profiled(cycles);
  for (uint32_t i = first; i < first + count; ++i) {
    text::put("m-layer-");
    text::put_unsigned(i);
    put_counted("-cycles-", cycles[i]);
  }
  put_counted("m-layers-cycles-", total);
}

}  // namespace profiler::commands
