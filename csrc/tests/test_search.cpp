// Search on every kernel set available, against the naive reference. Python's tests go further;
// these run where Python does not: under sanitizers, under emulators, on a bare machine.
#include <algorithm>
#include <cmath>

#include "base/buffer.h"
#include "codes/blocks.h"
#include "search/asymmetric.h"
#include "search/pairs.h"
#include "search/search.h"
#include "tests/check.h"
#include "tests/reference.h"

using reference::Rows;

namespace {

struct Index {
    Index(const Rows& rows, std::size_t n, std::size_t n_bits)
        : memory(iiq::make_buffer(iiq::blocks_for(n) * iiq::block_bytes(n_bits))) {
        iiq::to_blocks(rows.data(), n, n_bits, 2, memory.get());
        codes = {memory.get(), n, n_bits};
    }
    iiq::Buffer memory;
    iiq::BlockedCodes codes;
};

void check_search(std::size_t n, std::size_t m, std::size_t n_bits, std::size_t k,
                  unsigned threads) {
    const Rows rows = reference::random_codes(n, n_bits, n_bits);
    const Rows queries = reference::random_codes(m, n_bits, n_bits + 1);
    const Index index(rows, n, n_bits);
    const std::size_t n_bytes = iiq::bytes_per_code(n_bits);
    std::vector<int> apart(m * n);
    for (std::size_t i = 0; i < m * n; ++i)
        apart[i] = reference::hamming(&queries[i / n * n_bytes], &rows[i % n * n_bytes], n_bits);
    for (const bool furthest : {false, true}) {
        std::vector<std::int32_t> want_distances;
        std::vector<std::int64_t> want_ids;
        for (std::size_t q = 0; q < m; ++q) {
            std::vector<int> keys(&apart[q * n], &apart[q * n] + n);
            if (furthest)
                for (int& key : keys) key = -key;
            for (const std::int64_t id : reference::smallest(keys, k)) {
                want_ids.push_back(id);
                want_distances.push_back(apart[q * n + static_cast<std::size_t>(id)]);
            }
        }
        for (const iiq::Isa isa : iiq::available_sets()) {
            std::vector<std::int32_t> distances(m * k);
            std::vector<std::int64_t> ids(m * k);
            const iiq::SearchRequest request{queries.data(), m, k, ~0u, nullptr, furthest, threads};
            iiq::search(index.codes, request, isa, distances.data(), ids.data());
            if (ids != want_ids || distances != want_distances)
                check::fail(__FILE__, __LINE__, iiq::name_of(isa).data());
        }
    }
}

// The sum of a query with each code over the code's length, negated; 0 for a code without length.
std::vector<double> negated_scores(const Rows& rows, const float* query, std::size_t n_bits,
                                   const std::vector<float>& lengths) {
    std::vector<double> scores(lengths.size());
    for (std::size_t i = 0; i < lengths.size(); ++i) {
        if (lengths[i] == 0) continue;
        const std::uint8_t* row = &rows[i * iiq::bytes_per_code(n_bits)];
        for (std::size_t j = 0; j < n_bits; ++j) {
            const double x = query[j];
            scores[i] += reference::bit(row, j) ? -x : x;
        }
        scores[i] /= lengths[i];
    }
    return scores;
}

// Float queries; close: so near one that float32 cannot tell sums apart.
std::vector<float> float_queries(std::size_t count, bool close, std::mt19937& random) {
    std::normal_distribution<float> normal;
    std::vector<float> queries(count);
    for (float& q : queries)
        q = close ? 1 + std::ldexp(static_cast<float>(random() % 40), -23) : normal(random);
    return queries;
}

// Lengths of codes, every ninth 0, and their steps of 1 / 4096.
struct Lengths {
    Lengths(std::size_t n, bool scaled, std::mt19937& random)
        : exact(n, 1.0f), steps(iiq::kBlockCodes * iiq::blocks_for(n)) {
        std::normal_distribution<float> normal;
        for (std::size_t i = 0; i < n && scaled; ++i) {
            exact[i] = i % 9 ? std::exp(normal(random)) : 0.0f;
            steps[i] = static_cast<std::uint16_t>(std::min(exact[i] * 4096.0f, 65535.0f));
        }
        if (scaled) scales = {steps.data(), 1.0 / 4096, 1e9, exact.data()};
    }
    std::vector<float> exact;
    std::vector<std::uint16_t> steps;
    iiq::Scales scales = {};
};

// What sums are divided by where codes have no lengths.
double length_of(const float* query, std::size_t n_bits) {
    double squares = 0;
    for (std::size_t j = 0; j < n_bits; ++j) squares += static_cast<double>(query[j]) * query[j];
    return std::sqrt(squares) * std::sqrt(static_cast<double>(n_bits));
}

void check_asymmetric(std::size_t n, std::size_t m, std::size_t n_bits, std::size_t k, bool scaled,
                      bool close = false) {
    const Rows rows = reference::random_codes(n, n_bits, n_bits);
    const Index index(rows, n, n_bits);
    std::mt19937 random(7);
    const std::vector<float> queries = float_queries(m * n_bits, close, random);
    const Lengths lengths(n, scaled, random);
    for (const iiq::Isa isa : iiq::available_sets()) {
        std::vector<float> scores(m * k);
        std::vector<std::int64_t> ids(m * k);
        const iiq::AsymmetricRequest request{queries.data(), m, k, nullptr, 2, lengths.scales};
        iiq::search_asymmetric(index.codes, request, isa, scores.data(), ids.data());
        for (std::size_t q = 0; q < m; ++q) {
            const float* query = &queries[q * n_bits];
            const auto keys = negated_scores(rows, query, n_bits, lengths.exact);
            const auto want = reference::smallest(keys, k);
            const double length = scaled ? 1 : length_of(query, n_bits);
            for (std::size_t i = 0; i < k; ++i) {
                const double score = -keys[static_cast<std::size_t>(want[i])];
                CHECK_EQ(ids[q * k + i], want[i]);
                CHECK_EQ(scores[q * k + i], static_cast<float>(score / length));
            }
        }
    }
}

}  // namespace

TEST(search_finds_what_a_stable_sort_finds) {
    for (const std::size_t n_bits : {1, 16, 17, 64, 75, 128, 129, 150, 257, 300, 513})
        check_search(70, 5, n_bits, 10, 1);
    for (const std::size_t n : {1, 31, 32, 33, 65}) check_search(n, 3, 75, n, 1);
    for (const std::size_t m : {1, 4, 33, 70, 130, 300}) check_search(600, m, 150, 5, 1);
}

// The ways for many queries: sums in one or several parts of bytes, limits above what a byte holds.
TEST(many_queries_find_what_a_stable_sort_finds) {
    for (const std::size_t n_bits : {1, 5, 64, 75, 129, 255, 256, 300, 511, 1024, 1025, 8192, 8193})
        check_search(130, 66, n_bits, 5, 1);
    for (const std::size_t n : {1, 32, 33, 97, 129}) check_search(n, 64, 300, n, 1);
    // Codes taken 512 at a time; widths that fill slabs of them, one or several.
    for (const std::size_t n : {511, 512, 513, 1023, 1025}) check_search(n, 65, 150, 20, 1);
    for (const std::size_t n_bits : {2, 3, 127, 151, 153, 154, 305, 306, 457, 600, 2049})
        check_search(550, 65, n_bits, 30, 1);
    for (const std::size_t m : {15, 16, 17, 1030}) check_search(540, m, 64, 540, 1);
}

// Work enough for search() to take a second thread.
TEST(search_gives_the_same_with_threads) { check_search(2100, 130, 1024, 20, 2); }

// Of every 1024 blocks 16 are looked at first, to guess how near the k-th code is. Here just those
// are near, so the guess lets fewer than k codes through.
TEST(a_guess_that_lets_too_few_codes_through_is_made_good) {
    constexpr std::size_t n = std::size_t{4096} * 32, k = 3000, n_near = std::size_t{4} * 16 * 32;
    Rows rows(2 * n, 0xFF);
    for (std::size_t block = 0; block < 4096; block += 1024)
        std::fill_n(rows.begin() + static_cast<std::ptrdiff_t>(2 * 32 * block), 2 * 32 * 16, 0x00);
    const Index index(rows, n, 16);
    const Rows queries(4, 0x00);
    for (const iiq::Isa isa : iiq::available_sets()) {
        std::vector<std::int32_t> distances(2 * k);
        std::vector<std::int64_t> ids(2 * k);
        const iiq::SearchRequest request{queries.data(), 2, k, ~0u, nullptr, false, 1};
        iiq::search(index.codes, request, isa, distances.data(), ids.data());
        for (std::size_t i = 0; i < 2 * k; ++i) CHECK_EQ(distances[i], i % k < n_near ? 0 : 16);
        CHECK_EQ(ids[n_near - 1], static_cast<std::int64_t>(3 * 1024 * 32 + 16 * 32 - 1));
        CHECK_EQ(ids[n_near], 16 * 32);
    }
}

TEST(sums_longer_than_16_bits) { check_search(40, 2, 66000, 7, 1); }

TEST(float_queries_find_what_exact_sums_find) {
    for (const bool scaled : {false, true}) {
        for (const std::size_t n_bits : {1, 16, 17, 75, 150, 300, 513}) {
            check_asymmetric(200, 6, n_bits, 12, scaled);
            check_asymmetric(1000, 40, n_bits, 3, scaled);
        }
        // Parts of tables that are full, that want one group or have one more, for both sizes.
        for (const std::size_t n_bits : {4, 6, 7, 31, 32, 33, 35, 36, 37, 71, 72, 73, 2048, 4097})
            check_asymmetric(70, 9, n_bits, 5, scaled);
        for (const std::size_t n : {1, 31, 32, 33, 127, 129, 255, 257})
            check_asymmetric(n, 17, 100, n, scaled);
    }
}

TEST(float_sums_that_float32_cannot_tell_apart) {
    for (const std::size_t m : {1, 20}) check_asymmetric(3000, m, 100, 12, false, true);
}

// The first scales are known to be less than 1 and may be 0, so scores are 0 or more, or less.
TEST(float_scores_that_may_tie_are_candidates) {
    Rows rows(10, 0x00);
    std::fill_n(rows.begin(), 6, std::uint8_t{0xFF});
    const Index index(rows, 10, 8);
    const std::vector<float> query(8, 1.0f);
    const std::vector<std::uint16_t> steps(32);
    for (const iiq::Isa isa : iiq::available_sets()) {
        const iiq::Scales scales{steps.data(), 1.0, 1.0, nullptr};
        const iiq::AsymmetricRequest request{query.data(), 1, 1, nullptr, 1, scales};
        CHECK_EQ(iiq::candidates(index.codes, request, isa).ids.size(), 10u);
    }
}

TEST(near_pairs_are_all_found) {
    const std::size_t n = 130, n_bits = 33;
    const Rows rows = reference::random_codes(n, n_bits, 1);
    const Index index(rows, n, n_bits);
    for (const iiq::Isa isa : iiq::available_sets()) {
        const auto pairs = iiq::pairs_within(index.codes, 0, n, 12, 2, isa);
        std::size_t next = 0;
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = i + 1; j < n; ++j) {
                const int distance = reference::hamming(&rows[i * 5], &rows[j * 5], n_bits);
                if (distance > 12) continue;
                CHECK(next < pairs.size() && pairs[next].first == static_cast<std::int64_t>(i) &&
                      pairs[next].second == static_cast<std::int64_t>(j) &&
                      pairs[next].distance == distance);
                ++next;
            }
        CHECK_EQ(next, pairs.size());
    }
}

TEST(blocks_hold_the_rows) {
    for (const std::size_t n_bits : {1, 8, 9, 16, 17, 75}) {
        const Rows rows = reference::random_codes(45, n_bits, n_bits);
        const Index index(rows, 45, n_bits);
        Rows back(rows.size());
        for (std::size_t i = 0; i < 45; ++i)
            iiq::read_code(index.codes, i, &back[i * iiq::bytes_per_code(n_bits)]);
        CHECK(back == rows);
        CHECK_EQ(iiq::count_stray_bits(index.codes), 0u);
    }
}
