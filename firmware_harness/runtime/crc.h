// CRC-32 as in Ethernet and zlib (reflected polynomial 0xEDB88320), a nibble at a time: 64 bytes of table.
#pragma once

#include <stdint.h>

namespace profiler::crc {

constexpr uint32_t kStart = 0xFFFFFFFF;

// The state after one more byte.
inline uint32_t update(uint32_t state, uint8_t byte) {
  constexpr uint32_t kTable[16] = {0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4,
                                   0x4DB26158, 0x5005713C, 0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C,
                                   0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C};
  state = kTable[(state ^ byte) & 0xF] ^ (state >> 4);
  return kTable[(state ^ (byte >> 4)) & 0xF] ^ (state >> 4);
}

// The CRC of all bytes up to a state.
constexpr uint32_t finish(uint32_t state) { return ~state; }

}  // namespace profiler::crc
