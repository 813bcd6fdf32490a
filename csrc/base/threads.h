// Threads for one call: started when there is work for them, joined before the call returns. The
// only place that starts any.
//
// There is no pool and nothing spins: a process may fork, and any number of callers may search at
// once. A thread costs some 20 microseconds, so small work stays on the caller's own thread. A
// system may refuse a thread at any time (a container's pids.max, RLIMIT_NPROC): that costs time,
// never the answer or the process.
#pragma once

#include <cstdint>
#include <functional>

namespace iiq {

// How many of `threads` are worth starting: one for each `grain` of `work` (bytes, pairs), at
// least 1.
unsigned useful_threads(unsigned threads, std::uint64_t work, std::uint64_t grain);

// Call task(part, first, last) for `threads` consecutive ranges that cover 0 .. n, in parallel; the
// caller's thread does the first, and those whose thread could not be started. Every part is done
// or has thrown when this returns; the exception of the first part that threw is thrown again here.
void parallel_ranges(std::uint64_t n, unsigned threads,
                     const std::function<void(unsigned, std::uint64_t, std::uint64_t)>& task);

// For tests: called before the thread of a part is started, or null. What it throws is what
// starting that thread throws.
using BeforeStart = void (*)(unsigned part);
extern BeforeStart before_start;

}  // namespace iiq
