// The k nearest codes of each query, exactly: Hamming distance ascending, ties by lower id.
#pragma once

#include <cstddef>
#include <cstdint>

#include "codes/layout.h"
#include "kernels/cpu.h"

namespace iiq {

struct SearchRequest {
    const std::uint8_t* queries = nullptr;  // row-major codes, n_queries x bytes_per_code
    std::size_t n_queries = 0;
    std::uint64_t k = 1;
    std::uint32_t max_distance = 0;       // only codes this near; n_bits or more: all
    const std::uint32_t* mask = nullptr;  // bit i % 32 of word i / 32: code i may be found; or null
    bool furthest = false;                // the k furthest: distance descending, ties by lower id
    unsigned threads = 1;
};

// Write n_queries x k distances and ids. Where fewer than k codes qualify the rest of a row has the
// id -1 and the distance n_bits + 1 (furthest: -1). Safe to call from many threads at once; the
// answer depends on no kernel set and no thread count.
void search(const BlockedCodes& codes, const SearchRequest& request, Isa isa,
            std::int32_t* distances, std::int64_t* ids);

// The distance of one query (a row-major code) to each code.
void all_distances(const BlockedCodes& codes, const std::uint8_t* query, unsigned threads, Isa isa,
                   std::int32_t* distances);

}  // namespace iiq
