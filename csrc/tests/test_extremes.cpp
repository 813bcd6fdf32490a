// The ends of what can be: codes that differ in no bit and in every bit, limits at 0 and n_bits,
// all codes equal, at the widths where a counter or a register is full; on every kernel set.
#include <algorithm>

#include "base/buffer.h"
#include "codes/blocks.h"
#include "search/asymmetric.h"
#include "search/search.h"
#include "tests/check.h"
#include "tests/reference.h"

namespace {

constexpr std::size_t kWidths[] = {1,    2,    15,   16,   17,    63,    64,    65,    127,  128,
                                   129,  254,  255,  256,  257,   511,   512,   513,   1023, 1024,
                                   2040, 4095, 4096, 8192, 65519, 65520, 65521, 65535, 65536};
constexpr std::size_t kCodes = 67;

// A code whose first `ones` bits are set.
void set_first(std::uint8_t* code, std::size_t ones) {
    for (std::size_t j = 0; j < ones; ++j) code[j / 8] |= static_cast<std::uint8_t>(1u << j % 8);
}

// Of 67 codes every third has all bits, every third half of them and the others none.
std::size_t ones_of(std::size_t code, std::size_t n_bits) {
    return code % 3 == 0 ? n_bits : code % 3 == 1 ? n_bits / 2 : 0;
}

struct Extremes {
    explicit Extremes(std::size_t n_bits, bool equal = false)
        : rows(kCodes * iiq::bytes_per_code(n_bits)),
          memory(iiq::make_buffer(iiq::blocks_for(kCodes) * iiq::block_bytes(n_bits))) {
        for (std::size_t i = 0; i < kCodes; ++i)
            set_first(&rows[i * iiq::bytes_per_code(n_bits)], equal ? n_bits : ones_of(i, n_bits));
        iiq::to_blocks(rows.data(), kCodes, n_bits, 1, memory.get());
        codes = {memory.get(), kCodes, n_bits};
    }
    reference::Rows rows;
    iiq::Buffer memory;
    iiq::BlockedCodes codes;
};

// The rows repeat every third (see ones_of), so three are measured and the others are copies.
std::vector<int> distances_to(const Extremes& index, const std::uint8_t* query) {
    const std::size_t n_bits = index.codes.n_bits;
    std::vector<int> apart;
    for (std::size_t i = 0; i < kCodes; ++i)
        apart.push_back(i >= 3 ? apart[i - 3]
                               : reference::hamming(
                                     query, &index.rows[i * iiq::bytes_per_code(n_bits)], n_bits));
    return apart;
}

// The codes in the order in which they must come, and what must be told of each.
void check_row(const std::vector<int>& apart, std::uint32_t limit, bool furthest, int none,
               const std::int32_t* distances, const std::int64_t* ids) {
    std::vector<int> keys = apart;
    if (furthest)
        for (int& key : keys) key = -key;
    const auto want = reference::smallest(keys, kCodes);
    for (std::size_t i = 0; i < kCodes; ++i) {
        const int distance = apart[static_cast<std::size_t>(want[i])];
        const bool there = static_cast<std::uint32_t>(distance) <= limit;
        CHECK_EQ(ids[i], there ? want[i] : -1);
        CHECK_EQ(distances[i], there ? distance : none);
    }
}

void check_codes(const Extremes& index, std::size_t m, std::uint32_t limit, bool furthest,
                 iiq::Isa isa) {
    const std::size_t n_bits = index.codes.n_bits, n_bytes = iiq::bytes_per_code(n_bits);
    reference::Rows queries(m * n_bytes);
    for (std::size_t q = 0; q < m; ++q) set_first(&queries[q * n_bytes], q % 2 ? n_bits : 0);
    std::vector<std::int32_t> distances(m * kCodes);
    std::vector<std::int64_t> ids(m * kCodes);
    const iiq::SearchRequest request{queries.data(), m, kCodes, limit, nullptr, furthest, 1};
    iiq::search(index.codes, request, isa, distances.data(), ids.data());
    const int none = furthest ? -1 : static_cast<int>(n_bits) + 1;
    std::vector<std::vector<int>> apart;
    for (std::size_t q = 0; q < std::min<std::size_t>(m, 2); ++q)
        apart.push_back(distances_to(index, &queries[q * n_bytes]));
    for (std::size_t q = 0; q < m; ++q)
        check_row(apart[q % 2], limit, furthest, none, &distances[q * kCodes], &ids[q * kCodes]);
}

// What a code costs: the lower, the nearer.
std::vector<double> costs_of(const Extremes& index, const float* query) {
    const std::size_t n_bits = index.codes.n_bits;
    std::vector<double> costs(kCodes);
    for (std::size_t i = 0; i < kCodes; ++i) {
        if (i >= 3) costs[i] = costs[i - 3];
        if (i >= 3) continue;
        const std::uint8_t* row = &index.rows[i * iiq::bytes_per_code(n_bits)];
        for (std::size_t j = 0; j < n_bits; ++j) {
            const double x = query[j];
            costs[i] += reference::bit(row, j) ? -x : x;
        }
    }
    return costs;
}

void check_floats(const Extremes& index, std::size_t m, float size, iiq::Isa isa) {
    const std::size_t n_bits = index.codes.n_bits;
    std::vector<float> queries(m * n_bits);
    for (std::size_t q = 0; q < m; ++q) {  // all up, all down, or one number and zeros
        const std::size_t n = q % 3 == 2 ? 1 : n_bits;
        std::fill_n(&queries[q * n_bits], n, q % 3 == 1 ? -size : size);
    }
    std::vector<float> scores(m * kCodes);
    std::vector<std::int64_t> ids(m * kCodes);
    iiq::AsymmetricRequest request;
    request.queries = queries.data();
    request.n_queries = m;
    request.k = kCodes;
    iiq::search_asymmetric(index.codes, request, isa, scores.data(), ids.data());
    std::vector<std::vector<std::int64_t>> want;
    for (std::size_t q = 0; q < std::min<std::size_t>(m, 3); ++q)
        want.push_back(reference::smallest(costs_of(index, &queries[q * n_bits]), kCodes));
    for (std::size_t q = 0; q < m; ++q)
        for (std::size_t i = 0; i < kCodes; ++i) CHECK_EQ(ids[q * kCodes + i], want[q % 3][i]);
}

}  // namespace

TEST(complementary_and_equal_codes_at_every_width) {
    for (const iiq::Isa isa : iiq::available_sets())
        for (const std::size_t n_bits : kWidths) {
            const Extremes index(n_bits), equal(n_bits, true);
            const auto most = static_cast<std::uint32_t>(n_bits);
            for (const std::size_t m : {1, 2, 5, 33}) {
                if (n_bits > 4096 && m > 2) continue;
                for (const std::uint32_t limit : {0u, most / 2, most - 1, most, ~0u})
                    check_codes(index, m, limit, false, isa);
                check_codes(index, m, ~0u, true, isa);
                check_codes(equal, m, 0, false, isa);
                check_codes(equal, m, most, false, isa);
                check_codes(equal, m, ~0u, true, isa);
            }
        }
}

TEST(distances_of_complementary_codes) {
    for (const iiq::Isa isa : iiq::available_sets())
        for (const std::size_t n_bits : kWidths) {
            const Extremes index(n_bits);
            reference::Rows query(iiq::bytes_per_code(n_bits));
            std::vector<std::int32_t> distances(kCodes);
            iiq::all_distances(index.codes, query.data(), 1, isa, distances.data());
            for (std::size_t i = 0; i < kCodes; ++i)
                CHECK_EQ(static_cast<std::size_t>(distances[i]), ones_of(i, n_bits));
        }
}

TEST(float_queries_along_the_corners) {
    for (const iiq::Isa isa : iiq::available_sets())
        for (const std::size_t n_bits : kWidths) {
            const Extremes index(n_bits), equal(n_bits, true);
            if (n_bits > 4096) {  // each number of queries, size and kind once: these take long
                check_floats(index, 3, 1.0f, isa);
                check_floats(index, 1, 1e30f, isa);
                check_floats(equal, 1, 1e-30f, isa);
                continue;
            }
            for (const std::size_t m : {1, 3, 20}) {
                for (const float size : {1.0f, 1e-30f, 1e30f}) check_floats(index, m, size, isa);
                check_floats(equal, m, 1.0f, isa);
            }
        }
}
