// Float queries as small integers: sums never exceed what they stand for, and fit where they go.
#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "kernels/cpu.h"
#include "kernels/search/table.h"
#include "search/quantize.h"
#include "tests/check.h"

namespace {

// Normal numbers; every seventh query has one far above the others, every fifth equal ones.
std::vector<float> make_query(std::size_t n_bits, std::size_t seed) {
    std::mt19937 random(static_cast<unsigned>(seed));
    std::normal_distribution<float> normal;
    std::vector<float> query(n_bits);
    for (float& q : query) q = seed % 5 ? normal(random) : 1.0f;
    if (seed % 7 == 0) query[seed % n_bits] = 1e6f;
    return query;
}

// What a code costs.
double cost_of(const std::vector<float>& query, const std::vector<bool>& code) {
    double cost = 0;
    for (std::size_t j = 0; j < query.size(); ++j)
        if (code[j] != (query[j] > 0)) cost += std::abs(static_cast<double>(query[j]));
    return cost;
}

// The code that costs most, then random ones.
std::vector<bool> make_code(const std::vector<float>& query, std::size_t i) {
    std::mt19937 random(static_cast<unsigned>(i));
    std::vector<bool> code(query.size());
    for (std::size_t j = 0; j < code.size(); ++j) code[j] = i == 0 ? query[j] <= 0 : random() & 1;
    return code;
}

void check_tables(const iiq::TableScan& scan, std::size_t n_bits, std::size_t seed) {
    const std::vector<float> query = make_query(n_bits, seed);
    std::vector<std::uint8_t> tables(scan.scan.query_bytes(n_bits) + 256);
    const iiq::Quantized quantized = iiq::fill_tables(query.data(), n_bits, scan, tables.data());
    for (std::size_t i = 0; i < 20; ++i) {
        const std::vector<bool> code = make_code(query, i);
        std::size_t sum = 0, part = 0, group = 0;
        for (std::size_t j = 0; j < n_bits; j += scan.group_bits, ++group) {
            std::size_t pattern = 0;
            for (std::size_t b = j; b < std::min(j + scan.group_bits, n_bits); ++b)
                pattern |= std::size_t{code[b]} << (b - j);
            if (group % scan.part_groups == 0) part = 0;
            part += tables[(group << scan.group_bits) + pattern];
            sum += tables[(group << scan.group_bits) + pattern];
            CHECK(part <= 255);
        }
        CHECK(sum < 65535);
        CHECK(static_cast<double>(sum) <= cost_of(query, code) / quantized.unit + 0.5);
    }
}

void check_weights(std::size_t n_bits, std::size_t seed) {
    const std::vector<float> query = make_query(n_bits, seed);
    std::vector<std::int8_t> weights;
    std::int32_t base = 0;
    const iiq::Quantized quantized = iiq::fill_weights(query.data(), n_bits, weights, base);
    for (std::size_t i = 0; i < 20; ++i) {
        const std::vector<bool> code = make_code(query, i);
        std::int32_t sum = base;
        for (std::size_t j = 0; j < n_bits; ++j) sum += code[j] ? weights[j] : 0;
        CHECK(sum >= 0 && sum < 65535);
        CHECK(sum <= cost_of(query, code) / quantized.unit + quantized.excess + 1e-6);
    }
}

}  // namespace

TEST(sums_of_float_queries_never_exceed_the_cost) {
    // Of equal numbers, 21990 and 52790 round to the largest sums of weights and of tables.
    for (const std::size_t n_bits : {1, 7, 48, 64, 75, 300, 520, 4097, 21990, 52790, 65520})
        for (const std::size_t seed : {1, 2, 5, 7}) {
            check_weights(n_bits, seed);
            for (const iiq::Isa isa : iiq::available_sets()) {
                const iiq::SearchKernels& kernels = iiq::search_kernels(isa);
                for (std::size_t i = 0; i < kernels.n_tables; ++i)
                    check_tables(kernels.tables[i], n_bits, seed);
            }
        }
}
