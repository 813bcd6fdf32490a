// Threads for one call: started when there is work for them, joined before the call returns.
//
// There is no pool and nothing spins: a process may fork, and any number of callers may search at
// once. A thread costs some 20 microseconds, so small work stays on the caller's own thread.
#pragma once

#include <cstdint>
#include <functional>

namespace iiq {

// How many of `threads` are worth starting: one for each `grain` of `work` (bytes, pairs), at
// least 1.
unsigned useful_threads(unsigned threads, std::uint64_t work, std::uint64_t grain);

// Call task(part, first, last) for `threads` consecutive ranges that cover 0 .. n, in parallel; the
// caller's thread does the first. An exception of any part is thrown again here.
void parallel_ranges(std::uint64_t n, unsigned threads,
                     const std::function<void(unsigned, std::uint64_t, std::uint64_t)>& task);

}  // namespace iiq
