// The counted region of a firmware that was built elsewhere: it begins after certain lines were transmitted, in order,
// and ends when a text is transmitted or a register is read (the timer that the firmware itself measures with).
#include <string.h>

#include "tracer.h"

static bool set_text(Text* text, const char* value) {
  text->bytes = strlen(value);
  if (text->bytes == 0 || text->bytes >= sizeof text->value) return false;
  memcpy(text->value, value, text->bytes);
  return true;
}

// -1 when there are too many or the text is too long.
int32_t tracer_add_start_text(Tracer* tracer, const char* value) {
  RegionMarks* marks = &tracer->marks;
  if (marks->start_count == sizeof marks->start / sizeof *marks->start) return -1;
  return set_text(&marks->start[marks->start_count++], value) ? 0 : -1;
}

// An empty text leaves the end to the register.
int32_t tracer_set_end(Tracer* tracer, const char* value, uint32_t address) {
  tracer->marks.end_address = address;
  return *value == 0 || set_text(&tracer->marks.end, value) ? 0 : -1;
}

// True when the text is complete with this byte.
static bool match(Text* text, uint8_t byte) {
  if (byte != (uint8_t)text->value[text->matched]) text->matched = 0;
  if (byte == (uint8_t)text->value[text->matched]) text->matched++;
  if (text->matched < text->bytes) return false;
  text->matched = 0;
  return true;
}

static void finish(Tracer* tracer) {
  end_counting(tracer);
  tracer_stop(tracer, STOP_REGION_END, tracer_where(tracer));
}

void region_on_transmit(Tracer* tracer, uint8_t byte) {
  RegionMarks* marks = &tracer->marks;
  if (tracer->counting) {
    if (marks->end.bytes != 0 && match(&marks->end, byte)) finish(tracer);
    return;
  }
  if (marks->start_seen == marks->start_count) return;
  if (match(&marks->start[marks->start_seen], byte)) marks->line_matches = true;
  if (byte != '\n') return;
  if (marks->line_matches && ++marks->start_seen == marks->start_count) begin_counting(tracer);
  marks->line_matches = false;
}

void region_on_read(Tracer* tracer, uint32_t address) {
  if (tracer->counting && address == tracer->marks.end_address) finish(tracer);
}

// The value a register holds, without the rules for reading it.
uint32_t tracer_register_value(Tracer* tracer, uint32_t address) {
  return peripheral_word(&tracer->peripherals, address);
}

// After a stop that was asked for: counting goes on with the next run of the engine.
void tracer_resume(Tracer* tracer) { tracer->stop_reason = STOP_NONE; }
