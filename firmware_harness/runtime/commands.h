// The commands of the protocol, one function each. They print their answer; `m-ready` follows from the caller.
#pragma once

#include "runtime/words.h"

namespace profiler::commands {

void name(Words& words);
void profile(Words& words);
void timestamp(Words& words);
void db(Words& words);
void dbb(Words& words);
void infer(Words& words);
void time(Words& words);
void results(Words& words);
void output(Words& words);
void layers(Words& words);
void stack(Words& words);
void memory(Words& words);
void build(Words& words);
void core(Words& words);
void help(Words& words);

}  // namespace profiler::commands
