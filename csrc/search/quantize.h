// Float queries as small integers for the kernels, with what that rounding may change.
//
// A code costs a query the |q_j| of the bits j in which it differs from the signs of the query: the
// smaller the cost, the larger the dot product. The kernels add costs in whole units.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/search/table.h"

namespace iiq {

// A sum is at most cost / unit + excess.
struct Quantized {
    double unit = 1;
    double excess = 0;
};

// The costs of each group of bits, for all their values, rounded down; cleared before.
Quantized fill_tables(const float* query, std::size_t n_bits, const TableScan& scan,
                      std::uint8_t* tables);

// The cost of each bit in 7 bits, as weights of the bits that are set: a sum is `base` plus the
// weights of the bits of the code. For WeightedScan.
Quantized fill_weights(const float* query, std::size_t n_bits, std::vector<std::int8_t>& weights,
                       std::int32_t& base);

}  // namespace iiq
