#include "runtime/transfer.h"

#include "runtime/crc.h"
#include "runtime/input.h"
#include "runtime/text.h"
#include "runtime/timer.h"

namespace profiler::transfer {
namespace {

uint32_t start;
uint32_t wanted;
uint32_t taken;
uint32_t expected;
uint32_t state;
uint64_t last_cycles;
bool running;

void refuse() {
  input::seek(start);
  running = false;
}

}  // namespace

void begin(uint32_t offset, uint32_t count, uint32_t expected_crc) {
  input::seek(offset);
  start = offset;
  wanted = count;
  taken = 0;
  expected = expected_crc;
  state = crc::kStart;
  last_cycles = timer::cycles();
  running = true;
}

bool active() { return running; }

bool take(uint8_t byte) {
  input::take(byte);
  state = crc::update(state, byte);
  last_cycles = timer::cycles();
  if (++taken != wanted) return false;
  text::begin_check(state);
  if (crc::finish(state) != expected) {
    refuse();
    text::put("e-[CRC of the raw bytes is ");
    text::put_hex(crc::finish(state));
    text::put("]\r\n");
    return true;
  }
  running = false;
  text::put("m-raw-");
  text::put_unsigned(start + wanted);
  text::end_line();
  if (input::state() == input::State::kLoaded) text::put("m-load-done\r\n");
  return true;
}

bool give_up_if_silent() {
  if (timer::microseconds(timer::cycles() - last_cycles) < kSilenceUs) return false;
  refuse();
  text::begin_check(state);
  text::put("e-[Raw bytes stopped after ");
  text::put_unsigned(taken);
  text::put(" of ");
  text::put_unsigned(wanted);
  text::put("]\r\n");
  return true;
}

}  // namespace profiler::transfer
