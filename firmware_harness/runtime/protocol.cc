#include "runtime/protocol.h"

#include "runtime/commands.h"
#include "runtime/crc.h"
#include "runtime/text.h"
#include "runtime/transfer.h"
#include "runtime/words.h"

namespace profiler::protocol {
namespace {

constexpr char kTerminator = '%';
constexpr char kCheckMark = '#';

char command[kCommandBytes + 1];
uint32_t length;  // kCommandBytes + 1: longer than a command may be
bool checked;     // the command began with its CRC: so its answer ends with one

struct Row {
  const char* name;
  void (*execute)(Words& words);
};

constexpr Row kCommands[] = {
    {"name", commands::name},     {"profile", commands::profile}, {"timestamp", commands::timestamp},
    {"db", commands::db},         {"dbb", commands::dbb},         {"infer", commands::infer},
    {"time", commands::time},     {"results", commands::results}, {"output", commands::output},
    {"layers", commands::layers}, {"stack", commands::stack},     {"memory", commands::memory},
    {"build", commands::build},   {"core", commands::core},       {"help", commands::help},
};

void execute(Words& words) {
  const char* first = words.next();
  for (const Row& row : kCommands) {
    if (equal(first, row.name)) return row.execute(words);
  }
  text::put("e-[Unknown command: ");
  text::put(first);
  text::put("]\r\n");
}

// The CRC that a checked command begins with is of what follows it and one space. An answer's check goes on from there,
// so that it belongs to this command and no other.
void execute_checked() {
  Words words(command + 1);
  uint32_t expected;
  uint32_t state = crc::kStart;
  const bool complete = words.next_hex(&expected);
  for (const char* text = words.rest(); *text != '\0'; ++text) state = crc::update(state, static_cast<uint8_t>(*text));
  if (!complete || crc::finish(state) != expected) {
    text::put("e-[Command damaged: its CRC is ");
    text::put_hex(crc::finish(state));
    text::put("]\r\n");
    return;
  }
  checked = true;
  text::begin_check(state);
  execute(words);
}

void end_answer() {
  if (checked) {
    const uint32_t crc = crc::finish(text::check_state());
    text::put("m-crc-");
    text::put_hex(crc);
    text::end_line();
  }
  text::put("m-ready\r\n");
}

}  // namespace

void start() {
  text::put("m-timestamp-mode-performance\r\n");
  Words none(command);
  commands::timestamp(none);
  text::put("m-init-done\r\nm-ready\r\n");
}

void idle() {
  if (transfer::active() && transfer::give_up_if_silent()) end_answer();
}

void receive(uint8_t byte) {
  if (transfer::active()) {
    if (transfer::take(byte)) end_answer();
    return;
  }
  if (byte == kTerminator) {
    checked = false;
    if (length > kCommandBytes) {
      text::put("e-[Command longer than 80 characters]\r\n");
    } else {
      command[length] = '\0';
      if (command[0] == kCheckMark) {
        execute_checked();
      } else {
        Words words(command);
        execute(words);
      }
    }
    length = 0;
    end_answer();
  } else if (byte >= ' ') {  // line ends of a terminal are no part of a command
    if (length < kCommandBytes) command[length] = byte < 0x7F ? static_cast<char>(byte) : '?';
    if (length <= kCommandBytes) ++length;
  }
}

}  // namespace profiler::protocol
