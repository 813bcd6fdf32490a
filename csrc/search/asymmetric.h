// The k codes with the largest dot product with a float query, exactly.
//
// The codes are read as -1 and +1. The kernels add costs of bits rounded to 7 bits (quantise.h): by
// tables for each 4 bits, as fast as counting bits, or by products of bytes where a kernel set has
// them and there are many queries. The error of rounding is known, so the codes that could belong
// to the k best are known too; for them the sum is taken again in float64, bit after bit. The
// result is that of float64 sums throughout.
#pragma once

#include <cstddef>
#include <cstdint>

#include "codes/layout.h"
#include "kernels/cpu.h"

namespace iiq {

struct AsymmetricRequest {
    const float* queries = nullptr;  // n_queries x n_bits, finite
    std::size_t n_queries = 0;
    std::uint64_t k = 1;
    const std::uint32_t* mask = nullptr;  // as in SearchRequest
    unsigned threads = 1;
};

// Write n_queries x k scores and ids. Score: the cosine of query and code, (sum over j of +-q_j) /
// (|q| sqrt(n_bits)), both in float64, j ascending; 0 for a zero query. Descending by the sum, ties
// by lower id. Where the mask lets fewer than k codes through the rest has the id -1 and the score
// -2.
void search_asymmetric(const BlockedCodes& codes, const AsymmetricRequest& request, Isa isa,
                       float* scores, std::int64_t* ids);

}  // namespace iiq
