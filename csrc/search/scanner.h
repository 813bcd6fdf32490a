// Queries made ready for one scan method, and their scan over a range of blocks into collectors.
// What search.cpp and asymmetric.cpp share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/buffer.h"
#include "codes/layout.h"
#include "kernels/search/table.h"

namespace iiq {

// The way to find Hamming neighbours that suits this many queries.
const ScanMethod& choose_method(const SearchKernels& kernels, std::size_t n_queries,
                                std::size_t n_bits);

// The way to find neighbours of this many float queries by tables.
const TableScan& choose_tables(const SearchKernels& kernels, std::size_t n_queries,
                               std::size_t n_bits);

// Prepared queries of one method.
struct PreparedQueries {
    PreparedQueries(const ScanMethod& method, std::size_t n_bits, std::size_t n_queries);
    std::uint8_t* at(std::size_t query) { return data.get() + query * stride; }
    const std::uint8_t* at(std::size_t query) const { return data.get() + query * stride; }

    const ScanMethod& method;
    std::size_t n_queries;
    std::size_t stride;
    Buffer data;
};

// The lanes of block b that hold codes and that the mask (or null) lets through.
inline std::uint32_t allowed_lanes(const BlockedCodes& codes, const std::uint32_t* mask,
                                   std::uint64_t block) {
    const std::uint64_t left = codes.n_codes - block * kBlockCodes;
    const std::uint32_t real = left >= 32 ? ~0u : (1u << left) - 1;
    return mask ? real & mask[block] : real;
}

// What decides of each sum whether it is a hit (Scan): a limit for each query and, where there are
// steps, those of all codes and a slope for each query. They belong to the listener.
struct Limits {
    const std::uint32_t* limits;
    const std::uint16_t* steps = nullptr;
    const std::uint32_t* slopes = nullptr;
};

// Scan blocks first .. last - 1 for queries q0 .. q1 - 1. The blocks are taken in runs that stay in
// the cache while all queries pass over them. The first of the limits is that of q0, and hit is
// told of queries counted from q0.
void scan_blocks(const BlockedCodes& codes, const PreparedQueries& queries, std::size_t q0,
                 std::size_t q1, std::uint64_t first, std::uint64_t last, const Limits& limits,
                 Hit hit, void* sink);

}  // namespace iiq
