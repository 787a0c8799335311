// Arithmetic on packed bytes and halfwords: one instruction each on cores with the DSP extension (Cortex-M4, M7, M33),
// the same results in plain C++ elsewhere. Functions are named after the instruction. Sums wrap as a register does.
#pragma once

#include <stdint.h>
#include <string.h>

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP
#define PROFILER_HAS_DSP 1
#else
#define PROFILER_HAS_DSP 0
#endif

// Whole loops in assembly that need every register but one or none. GCC finds them when it optimizes; Clang never does,
// and without optimization a frame pointer takes one. Elsewhere the same loops are C++ around the functions below.
#if PROFILER_HAS_DSP && defined(__OPTIMIZE__) && !defined(__clang__)
#define PROFILER_HAS_DSP_LOOPS 1
#else
#define PROFILER_HAS_DSP_LOOPS 0
#endif

namespace profiler::simd {

// Words at any address: these cores load and store unaligned words in one instruction.
inline uint32_t load_word(const void* address) {
  uint32_t word;
  memcpy(&word, address, sizeof(word));
  return word;
}

inline void store_word(void* address, uint32_t word) { memcpy(address, &word, sizeof(word)); }

// The bottom halfword.
inline void store_halfword(void* address, uint32_t word) {
  const uint16_t halfword = static_cast<uint16_t>(word);
  memcpy(address, &halfword, sizeof(halfword));
}

#if PROFILER_HAS_DSP

// Bytes 0 and 2, sign-extended to the two halfwords.
inline uint32_t sxtb16(uint32_t bytes) {
  uint32_t result;
  asm("sxtb16 %0, %1" : "=r"(result) : "r"(bytes));
  return result;
}

// Bytes 1 and 3, sign-extended to the two halfwords.
inline uint32_t sxtb16_ror8(uint32_t bytes) {
  uint32_t result;
  asm("sxtb16 %0, %1, ror #8" : "=r"(result) : "r"(bytes));
  return result;
}

// The bottom halfwords: that of `low` below that of `high`.
inline uint32_t pkhbt(uint32_t low, uint32_t high) {
  uint32_t result;
  asm("pkhbt %0, %1, %2, lsl #16" : "=r"(result) : "r"(low), "r"(high));
  return result;
}

// The bottom halfword of `low` below the top halfword of `high`.
inline uint32_t pkhbt_top(uint32_t low, uint32_t high) {
  uint32_t result;
  asm("pkhbt %0, %1, %2" : "=r"(result) : "r"(low), "r"(high));
  return result;
}

// The top halfwords: that of `low` below that of `high`.
inline uint32_t pkhtb(uint32_t low, uint32_t high) {
  uint32_t result;
  asm("pkhtb %0, %1, %2, asr #16" : "=r"(result) : "r"(high), "r"(low));
  return result;
}

// Sums of the bottom and of the top halfwords.
inline uint32_t sadd16(uint32_t a, uint32_t b) {
  uint32_t result;
  asm("sadd16 %0, %1, %2" : "=r"(result) : "r"(a), "r"(b));
  return result;
}

// sum + a.bottom * b.bottom + a.top * b.top
inline int32_t smlad(uint32_t a, uint32_t b, int32_t sum) {
  int32_t result;
  asm("smlad %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(sum));
  return result;
}

// sum + a.bottom * b.bottom, and so on for the other halves.
inline int32_t smlabb(uint32_t a, uint32_t b, int32_t sum) {
  int32_t result;
  asm("smlabb %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(sum));
  return result;
}

inline int32_t smlabt(uint32_t a, uint32_t b, int32_t sum) {
  int32_t result;
  asm("smlabt %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(sum));
  return result;
}

inline int32_t smlatb(uint32_t a, uint32_t b, int32_t sum) {
  int32_t result;
  asm("smlatb %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(sum));
  return result;
}

// High word of a * b + 2^31.
inline int32_t smmulr(int32_t a, int32_t b) {
  int32_t result;
  asm("smmulr %0, %1, %2" : "=r"(result) : "r"(a), "r"(b));
  return result;
}

// Saturated to an int8.
inline int32_t ssat8(int32_t value) {
  int32_t result;
  asm("ssat %0, #8, %1" : "=r"(result) : "r"(value));
  return result;
}

#else

namespace parts {

inline uint32_t pair(int32_t bottom, int32_t top) {
  return (static_cast<uint32_t>(bottom) & 0xffffu) | (static_cast<uint32_t>(top) << 16);
}

inline int32_t byte(uint32_t word, int index) { return static_cast<int8_t>(word >> (8 * index)); }

inline int32_t bottom(uint32_t word) { return static_cast<int16_t>(word); }

inline int32_t top(uint32_t word) { return static_cast<int16_t>(word >> 16); }

inline int32_t wrapping_sum(int32_t a, int32_t b) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b));
}

}  // namespace parts

inline uint32_t sxtb16(uint32_t bytes) { return parts::pair(parts::byte(bytes, 0), parts::byte(bytes, 2)); }

inline uint32_t sxtb16_ror8(uint32_t bytes) { return parts::pair(parts::byte(bytes, 1), parts::byte(bytes, 3)); }

inline uint32_t pkhbt(uint32_t low, uint32_t high) { return (low & 0xffffu) | (high << 16); }

inline uint32_t pkhbt_top(uint32_t low, uint32_t high) { return (low & 0xffffu) | (high & 0xffff0000u); }

inline uint32_t pkhtb(uint32_t low, uint32_t high) { return (low >> 16) | (high & 0xffff0000u); }

inline uint32_t sadd16(uint32_t a, uint32_t b) {
  return parts::pair(parts::bottom(a) + parts::bottom(b), parts::top(a) + parts::top(b));
}

inline int32_t smlabb(uint32_t a, uint32_t b, int32_t sum) {
  return parts::wrapping_sum(sum, parts::bottom(a) * parts::bottom(b));
}

inline int32_t smlabt(uint32_t a, uint32_t b, int32_t sum) {
  return parts::wrapping_sum(sum, parts::bottom(a) * parts::top(b));
}

inline int32_t smlatb(uint32_t a, uint32_t b, int32_t sum) {
  return parts::wrapping_sum(sum, parts::top(a) * parts::bottom(b));
}

inline int32_t smlad(uint32_t a, uint32_t b, int32_t sum) {
  return parts::wrapping_sum(smlabb(a, b, sum), parts::top(a) * parts::top(b));
}

inline int32_t smmulr(int32_t a, int32_t b) {
  return static_cast<int32_t>((static_cast<int64_t>(a) * b + (int64_t{1} << 31)) >> 32);
}

inline int32_t ssat8(int32_t value) { return value < -128 ? -128 : (value > 127 ? 127 : value); }

#endif

}  // namespace profiler::simd
