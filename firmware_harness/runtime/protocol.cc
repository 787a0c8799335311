#include "runtime/protocol.h"

#include "runtime/commands.h"
#include "runtime/text.h"
#include "runtime/words.h"

namespace profiler::protocol {
namespace {

constexpr char kTerminator = '%';

char command[kCommandBytes + 1];
uint32_t length;  // kCommandBytes + 1: longer than a command may be

struct Row {
  const char* name;
  void (*execute)(Words& words);
};

constexpr Row kCommands[] = {
    {"name", commands::name},     {"profile", commands::profile}, {"timestamp", commands::timestamp},
    {"db", commands::db},         {"infer", commands::infer},     {"results", commands::results},
    {"output", commands::output}, {"layers", commands::layers},   {"stack", commands::stack},
    {"memory", commands::memory}, {"build", commands::build},     {"help", commands::help},
};

void execute() {
  Words words(command);
  const char* first = words.next();
  for (const Row& row : kCommands) {
    if (equal(first, row.name)) return row.execute(words);
  }
  text::put("e-[Unknown command: ");
  text::put(first);
  text::put("]\r\n");
}

}  // namespace

void start() {
  text::put("m-timestamp-mode-performance\r\n");
  Words none(command);
  commands::timestamp(none);
  text::put("m-init-done\r\nm-ready\r\n");
}

void receive(uint8_t byte) {
  if (byte == kTerminator) {
    if (length > kCommandBytes) {
      text::put("e-[Command longer than 80 characters]\r\n");
    } else {
      command[length] = '\0';
      execute();
    }
    length = 0;
    text::put("m-ready\r\n");
  } else if (byte >= ' ') {  // line ends of a terminal are no part of a command
    if (length < kCommandBytes) command[length] = byte < 0x7F ? static_cast<char>(byte) : '?';
    if (length <= kCommandBytes) ++length;
  }
}

}  // namespace profiler::protocol
