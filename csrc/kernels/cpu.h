// Which kernel sets this machine can run, and which one to take.
//
// A kernel set is named after the instructions it needs. Tables of kernels (search/table.h, ...)
// are filled once per set; a set without its own version of a kernel borrows the next best one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kernels/detect.h"

namespace iiq {

// The name that users see and type: "scalar", "avx2", "avx512", "amx", "neon".
std::string_view name_of(Isa isa);

// True if the CPU has the instructions and the operating system keeps their registers.
// For amx this asks the system, once, for permission to use tiles.
bool available(Isa isa);

// The sets available here, fastest first; the last is always scalar.
const std::vector<Isa>& available_sets();

// The set called `name`, or the fastest one for "auto". Throws std::invalid_argument, naming the
// sets that are available, if the name is unknown or the set cannot run here.
Isa find_set(std::string_view name);

}  // namespace iiq
