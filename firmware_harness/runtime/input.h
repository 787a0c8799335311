// Input bytes on their way from `db` commands to the model: all graph inputs one after the other, as raw bytes.
#pragma once

#include <stdint.h>

namespace profiler::input {

enum class State : uint8_t {
  kEmpty,    // nothing announced
  kLoading,  // announced, not all bytes here yet
  kLoaded,   // complete
  kUsed,     // written straight into the arena and overwritten by an inference since
};

State state();

// Bytes all graph inputs take together.
uint32_t expected_bytes();

// Bytes announced by the last `begin`.
uint32_t announced_bytes();

// Starts a load. Bytes are kept in unused RAM when there is room, else they go straight into the arena.
void begin();

// Takes the next byte; ignored unless loading. The last one makes the input kLoaded.
void take(uint8_t byte);

// Bytes taken so far.
uint32_t received_bytes();

// The next byte taken is number `offset`, at most `received_bytes()`; the load is in progress again.
void seek(uint32_t offset);

// Byte `index` of what was loaded.
uint8_t at(uint32_t index);

// True when the loaded bytes survive an inference, so that more than one can run on them.
bool reusable();

// Puts the loaded bytes where the model reads them. Called before each inference, outside the timed window.
void place();

// Marks the input as consumed by an inference.
void consume();

// True when the outputs are those of an inference on what was loaded: not before, and not after a reset.
bool inferred();

// RAM nothing uses, behind the kept input; 8-byte aligned.
uint8_t* spare_ram(uint32_t* size_bytes);

}  // namespace profiler::input
