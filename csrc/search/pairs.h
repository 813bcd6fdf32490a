// All pairs of codes within a distance of each other.
#pragma once

#include <cstdint>
#include <vector>

#include "codes/layout.h"
#include "kernels/cpu.h"

namespace iiq {

struct Pair {
    std::int64_t first, second;  // first < second
    std::int32_t distance;
};

// The pairs whose first code is one of first .. last - 1 and whose distance is at most
// max_distance, ascending by (first, second). Time: (last - first) * n_codes comparisons at most;
// memory: the pairs.
std::vector<Pair> pairs_within(const BlockedCodes& codes, std::uint64_t first, std::uint64_t last,
                               std::uint32_t max_distance, unsigned threads, Isa isa);

}  // namespace iiq
