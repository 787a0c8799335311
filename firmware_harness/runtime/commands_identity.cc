// name, profile, build, core, stack, memory, help: what this firmware is and runs on.
#include "board_config.h"
#include "runtime/commands.h"
#include "runtime/core_id.h"
#include "runtime/memory_map.h"
#include "runtime/model.h"
#include "runtime/text.h"

namespace profiler::commands {
namespace {

void put_bracketed(const char* label, const char* value) {
  text::put(label);
  text::put(value);
  text::put("]\r\n");
}

void put_span(const char* label, const void* from, const void* to) {
  text::put(label);
  text::put_unsigned(reinterpret_cast<uintptr_t>(to) - reinterpret_cast<uintptr_t>(from));
  text::end_line();
}

}  // namespace

void name(Words&) { put_bracketed("m-name-dut-[", PROFILER_BOARD_NAME); }

void profile(Words&) {
  text::put("m-profile-[cortexm-profiler]\r\n");
  put_bracketed("m-model-[", model_build_id);
}

void build(Words&) { put_bracketed("m-build-[", model_build_id); }

void core(Words&) {
  text::put("m-core-");
  text::put_hex(core_id());
  text::end_line();
}

// The paint is gone from the deepest word ever used up to the top.
void stack(Words&) {
  const volatile uint32_t* word = __stack_limit;
  if (*word != kStackPattern) text::put("e-[Stack full: the deepest word is in use, it may have overflowed]\r\n");
  while (word < __stack_top && *word == kStackPattern) word = word + 1;
  put_span("m-stack-", const_cast<const uint32_t*>(word), __stack_top);
}

void memory(Words&) {
  put_span("m-memory-data-", __data_begin, __data_end);
  put_span("m-memory-bss-", __bss_begin, __bss_end);
  put_span("m-memory-arena-", __arena_start, __arena_end);
  put_span("m-memory-stack-", __stack_limit, __stack_top);
  put_span("m-memory-free-", __free_ram_start, __free_ram_end);
}

void help(Words&) {
  text::put(
      "name profile timestamp help build core memory stack\r\n"
      "db load N | db HH.. | db print | dbb OFFSET COUNT CRC\r\n"
      "infer [N [W]] | time [N [W]] | results | output I [OFFSET COUNT] | layers [FIRST COUNT]\r\n"
      "#CRC COMMAND\r\n");
}

}  // namespace profiler::commands
