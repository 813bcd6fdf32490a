// Float queries as small integers for the kernels, with what that rounding may change.
//
// A code costs a query the |q_j| of the bits j in which it differs from the signs of the query: the
// smaller the cost, the larger the dot product. The kernels add costs rounded to whole units. The
// errors of rounding are known, so it is known how far apart the sums of two codes may stand in the
// wrong order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace iiq {

struct Quantised {
    std::uint32_t bound = 1;   // above every sum
    std::uint32_t margin = 0;  // a code may have the smaller cost and a sum larger by this much
};

// The costs of each four bits, for their 16 values, in 7 bits: 16 bytes for each group, four groups
// for each word of a code, cleared before. For SearchKernels::tables.
Quantised fill_tables(const float* query, std::size_t n_bits, std::uint8_t* tables);

// The cost of each bit in 7 bits, as weights of the bits that are set: a sum is `base` plus the
// weights of the bits of the code. For WeightedScan.
Quantised fill_weights(const float* query, std::size_t n_bits, std::vector<std::int8_t>& weights,
                       std::int32_t& base);

}  // namespace iiq
