// A firmware that speaks the monitor protocol (its CRCs are neither checked nor sent) around a model of 4 bytes in, 4
// bytes out: output[i] = 3 * input[i] + i.
#include "bare.h"

typedef struct {
  uint8_t* data;
  uint32_t size_bytes;
} Tensor;

static uint8_t arena[16];
static uint8_t staged[4];
const Tensor model_inputs[] = {{arena, 4}};
const uint32_t model_input_count = 1;
const Tensor model_outputs[] = {{arena + 8, 4}};
const uint32_t model_output_count = 1;

__attribute__((noinline)) static void shared_scale(uint8_t* to, const uint8_t* from, uint32_t bytes) {
  for (uint32_t i = 0; i < bytes; i++) ((volatile uint8_t*)to)[i] = (uint8_t)(3 * from[i]);
}

__attribute__((noinline)) void layer_00_scale(void) { shared_scale(arena + 8, arena, 4); }

__attribute__((noinline)) void layer_01_offset(void) {
  for (uint32_t i = 0; i < 4; i++) ((volatile uint8_t*)arena)[8 + i] += (uint8_t)i;
}

#ifdef LEAKS_STATE
static uint8_t leak;
#endif

__attribute__((noinline)) void model_invoke(void) {
  layer_00_scale();
  layer_01_offset();
#ifdef LEAKS_STATE
  arena[8] += leak++;
#endif
#ifdef MISBEHAVIOR
  MISBEHAVIOR;
#endif
}

static void say(const char* text) {
  while (*text) put((uint8_t)*text++);
}

static void say_hex(const uint8_t* data, uint32_t bytes) {
  for (uint32_t i = 0; i < bytes; i++) {
    put((uint8_t) "0123456789ABCDEF"[data[i] >> 4]);
    put((uint8_t) "0123456789ABCDEF"[data[i] & 15]);
  }
}

static uint32_t raw_bytes;  // of the input still to come, as they are

static uint32_t number(const char* text) {
  uint32_t value = 0;
  while (*text >= '0' && *text <= '9') value = 10 * value + (uint32_t)(*text++ - '0');
  return value;
}

static void execute(const char* command) {
  if (command[0] == '#') command += 10;
  if (command[0] == 'n' || command[0] == 'b')
    say("m-name-dut-[test]\r\n");
  else if (command[0] == 'd' && command[2] == 'b') {
    raw_bytes = number(command + 6);  // dbb 0 COUNT
    say("m-[Expecting 4 raw bytes]\r\n");
  } else if (command[0] == 'd') {
    say("m-[Expecting 4 bytes]\r\n");
  } else if (command[0] == 't') {
    for (uint32_t i = 0; i < 4; i++) arena[i] = staged[i];
    model_invoke();
  } else if (command[0] == 'o') {
    say("m-output-0-[");
    say_hex(arena + 8, 4);
    say("]\r\n");
  } else if (command[0] == 's') {
    say("m-stack-64\r\n");
  } else {
    say("e-[Unknown command]\r\n");
  }
}

void test_main(void) {
  static char command[81];
  uint32_t length = 0;
  say("m-init-done\r\n");
#ifndef SILENT
  say("m-ready\r\n");
#endif
  for (;;) {
    char byte = (char)get();
    if (raw_bytes != 0) {
      staged[4 - raw_bytes] = (uint8_t)byte;
      if (--raw_bytes == 0) say("m-ready\r\n");
    } else if (byte == '%') {
      command[length] = 0;
      length = 0;
      execute(command);
      say("m-ready\r\n");
    } else if (length < 80) {
      command[length++] = byte;
    }
  }
}
