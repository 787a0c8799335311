// Sends back what it receives, each byte plus one.
#include "bare.h"

void model_invoke(void) {}

void test_main(void) {
  for (;;) put((uint8_t)(get() + 1));
}
