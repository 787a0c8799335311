// The MLPerf Tiny monitor protocol and its extensions; docs/protocol.md has every command with its bytes.
#pragma once

#include <stdint.h>

namespace profiler::protocol {

constexpr uint32_t kCommandBytes = 80;

// Says who is there; ends with `m-ready`.
void start();

// Takes one byte of the host. At `%` the command collected so far is executed and answered, ending with `m-ready`.
void receive(uint8_t byte);

// To be called while no byte arrives: ends what would wait for ever.
void idle();

}  // namespace profiler::protocol
