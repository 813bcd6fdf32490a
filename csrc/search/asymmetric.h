// The k codes with the largest score for a float query, exactly.
//
// The codes are read as -1 and +1; a score is the dot product, divided by the code's scale where
// there are scales. Three steps, each cheaper for most codes than the next:
//
//   kernels   sums of small integers that never fall short of what the code could reach
//             (quantize.h): they leave out nearly all codes
//   shortlist float32 sums with a known error (shortlist.h): a few more than k codes are left
//   here      float64 sums, bit after bit: the result is theirs throughout
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "codes/layout.h"
#include "kernels/cpu.h"
#include "search/scales.h"

namespace iiq {

struct AsymmetricRequest {
    const float* queries = nullptr;  // n_queries x n_bits, finite
    std::size_t n_queries = 0;
    std::uint64_t k = 1;
    const std::uint32_t* mask = nullptr;  // as in SearchRequest
    unsigned threads = 1;
    Scales scales = {};
};

// Write n_queries x k scores and ids. The sum of a code: sum over j of +-q_j in float64, j
// ascending. Score without scales: the cosine sum / (|q| sqrt(n_bits)), 0 for a zero query;
// descending by the sum. With (exact) scales: sum / scale in float64, 0 where the scale is 0;
// descending by that. Scores are rounded to float32 at the end, ties are by lower id. Where the
// mask lets fewer than k codes through the rest has the id -1 and the score -2, with scales
// -infinity.
void search_asymmetric(const BlockedCodes& codes, const AsymmetricRequest& request, Isa isa,
                       float* scores, std::int64_t* ids);

// The codes that may be among the k best of each query, going by what is known of their scales.
struct Candidates {
    std::vector<std::int64_t> offsets;  // query q has those from offsets[q] to offsets[q + 1] - 1
    std::vector<std::int64_t> ids;      // ascending
    std::vector<double> sums;
};

// All codes but those that k others surely beat, going by score_bounds of the float64 sums. With
// the k-th largest lower bound as the least: those whose upper bound is below it, and those whose
// bounds are both equal to it, but for the first k by lower bound and id.
Candidates candidates(const BlockedCodes& codes, const AsymmetricRequest& request, Isa isa);

}  // namespace iiq
