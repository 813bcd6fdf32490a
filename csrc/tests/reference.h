// The naive answers that the native tests compare with; nothing shared with the core.
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <random>
#include <vector>

namespace reference {

using Rows = std::vector<std::uint8_t>;

inline Rows random_codes(std::size_t n, std::size_t n_bits, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    const std::size_t n_bytes = (n_bits + 7) / 8;
    Rows rows(n * n_bytes);
    for (auto& byte : rows) byte = static_cast<std::uint8_t>(random());
    for (std::size_t i = 0; i < n; ++i)
        rows[(i + 1) * n_bytes - 1] &= static_cast<std::uint8_t>(0xFF >> (8 * n_bytes - n_bits));
    return rows;
}

inline bool bit(const std::uint8_t* row, std::size_t j) { return row[j / 8] >> j % 8 & 1; }

inline int hamming(const std::uint8_t* a, const std::uint8_t* b, std::size_t n_bits) {
    int distance = 0;
    for (std::size_t j = 0; j < n_bits; ++j) distance += bit(a, j) != bit(b, j);
    return distance;
}

// Ids of the k smallest keys, ties by lower id.
template <class Key>
std::vector<std::int64_t> smallest(const std::vector<Key>& keys, std::size_t k) {
    std::vector<std::int64_t> ids(keys.size());
    std::iota(ids.begin(), ids.end(), 0);
    std::stable_sort(ids.begin(), ids.end(),
                     [&keys](std::int64_t a, std::int64_t b) { return keys[a] < keys[b]; });
    ids.resize(k);
    return ids;
}

}  // namespace reference
