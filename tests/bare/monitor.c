// A firmware that speaks the monitor protocol around a model of 4 bytes in, 4 bytes out: output[i] = 3 * input[i] + i.
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

static uint8_t digit(char text) { return (uint8_t)(text <= '9' ? text - '0' : text - 'A' + 10); }

static void execute(const char* command) {
  static uint32_t position;
  if (command[0] == 'n')
    say("m-name-dut-[test]\r\n");
  else if (command[0] == 'd' && command[3] == 'l')
    position = 0;
  else if (command[0] == 'd') {
    for (const char* at = command + 3; *at; at += 2)
      staged[position++ & 3] = (uint8_t)(digit(at[0]) << 4 | digit(at[1]));
  } else if (command[0] == 'i') {
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
    if (byte == '%') {
      command[length] = 0;
      length = 0;
      execute(command);
      say("m-ready\r\n");
    } else if (length < 80) {
      command[length++] = byte;
    }
  }
}
