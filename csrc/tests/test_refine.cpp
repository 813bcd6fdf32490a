#include <cmath>
#include <random>
#include <utility>
#include <vector>

#include "kernels/cpu.h"
#include "tests/check.h"
#include "train/refine.h"

namespace {

std::vector<std::int32_t> residual_of(const std::vector<std::int32_t>& target,
                                      const std::vector<std::int16_t>& gram,
                                      const std::vector<std::int32_t>& negative) {
    std::vector<std::int32_t> left = target;
    for (std::size_t i = 0; i < left.size(); ++i)
        for (std::size_t j = 0; j < left.size(); ++j)
            left[i] -= gram[i * left.size() + j] * (negative[j] ? -1 : 1);
    return left;
}

struct Problem {
    std::size_t dim, n_bits, n;
    int shift;
    std::vector<double> mean;
    std::vector<std::int16_t> decoder, gram, units;
    std::vector<float> rows;
    std::vector<std::uint8_t> codes;
};

// Rows, a decoder with rows no longer than 2^14, its Gram matrix, and codes of random bits.
Problem make(std::size_t dim, std::size_t n_bits, std::size_t n, unsigned seed) {
    Problem p{dim, n_bits, n, 28 - 15, {}, {}, {}, {}, {}, {}};
    std::mt19937 random(seed);
    std::normal_distribution<double> normal;
    for (std::size_t k = 0; k < dim; ++k) p.mean.push_back(normal(random));
    for (std::size_t k = 0; k < dim * n_bits; ++k) {
        const double value = normal(random) / std::sqrt(4.0 * static_cast<double>(dim));
        p.decoder.push_back(static_cast<std::int16_t>(value * 16384));
    }
    for (std::size_t i = 0; i < n_bits; ++i) {
        for (std::size_t j = 0; j < n_bits; ++j) {
            std::int64_t dot = 8192;
            for (std::size_t k = 0; k < dim; ++k)
                dot += p.decoder[i * dim + k] * p.decoder[j * dim + k];
            p.gram.push_back(static_cast<std::int16_t>(dot >> 14));
        }
    }
    for (std::size_t k = 0; k < n * dim; ++k) p.rows.push_back(static_cast<float>(normal(random)));
    p.units.resize(n * dim);
    iiq::unit_rows(p.rows.data(), n, p.mean.data(), nullptr, 0, dim, p.units.data(), 1);
    const std::size_t bytes = (n_bits + 7) / 8;
    p.codes.resize(n * bytes);
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n_bits; ++j)
            p.codes[i * bytes + j / 8] |= static_cast<std::uint8_t>((random() & 1) << j % 8);
    return p;
}

iiq::Refiner refiner_of(const Problem& p, iiq::Isa isa) {
    return {p.decoder.data(), p.shift, p.gram.data(), p.dim, p.n_bits, isa};
}

std::vector<std::uint8_t> refined(const Problem& p, iiq::Isa isa, unsigned threads = 1) {
    auto codes = p.codes;
    refiner_of(p, isa).refine(p.units.data(), p.n, codes.data(), threads);
    return codes;
}

int bit(const Problem& p, const std::vector<std::uint8_t>& codes, std::size_t i, std::size_t j) {
    return 2 * (codes[i * ((p.n_bits + 7) / 8) + j / 8] >> (j % 8) & 1) - 1;
}

std::pair<std::vector<std::int32_t>, std::vector<std::int32_t>> sums_of(const Problem& p) {
    std::vector<std::int32_t> agreement(p.n_bits * p.n_bits), cross(p.n_bits * p.dim);
    for (std::size_t i = 0; i < p.n; ++i) {
        for (std::size_t j = 0; j < p.n_bits; ++j) {
            const int b = bit(p, p.codes, i, j);
            for (std::size_t k = 0; k < p.n_bits; ++k)
                agreement[j * p.n_bits + k] += b * bit(p, p.codes, i, k);
            for (std::size_t k = 0; k < p.dim; ++k)
                cross[j * p.dim + k] += b * p.units[i * p.dim + k];
        }
    }
    return {agreement, cross};
}

}  // namespace

TEST(refine_gives_the_same_bits_with_every_kernel_set) {
    const std::size_t widths[] = {1, 7, 8, 15, 16, 17, 63, 64, 65, 127, 128, 129, 300, 511, 513};
    for (std::size_t n_bits : widths) {
        for (std::size_t dim : {1u, 5u, 50u}) {
            const Problem p = make(dim, n_bits, 39, static_cast<unsigned>(n_bits + dim));
            const auto wanted = refined(p, iiq::Isa::scalar);
            for (iiq::Isa isa : iiq::available_sets()) CHECK(refined(p, isa) == wanted);
        }
    }
}

TEST(refine_gives_the_same_bits_for_any_threads_and_alone) {
    const Problem p = make(20, 61, 300, 1);
    const auto wanted = refined(p, iiq::find_set("auto"));
    CHECK(wanted != p.codes);
    for (unsigned threads : {2u, 3u, 7u}) {
        CHECK(refined(p, iiq::find_set("auto"), threads) == wanted);
    }
    const auto refiner = refiner_of(p, iiq::find_set("auto"));
    const std::size_t bytes = (p.n_bits + 7) / 8;
    for (std::size_t i = 0; i < p.n; ++i) {
        std::vector<std::uint8_t> one(p.codes.begin() + i * bytes,
                                      p.codes.begin() + (i + 1) * bytes);
        refiner.refine(p.units.data() + i * p.dim, 1, one.data(), 1);
        CHECK(std::equal(one.begin(), one.end(), wanted.begin() + i * bytes));
    }
}

TEST(no_flip_of_a_refined_code_helps) {
    const Problem p = make(12, 50, 60, 2);
    const auto codes = refined(p, iiq::find_set("auto"));
    for (std::size_t i = 0; i < p.n; ++i) {
        for (std::size_t j = 0; j < p.n_bits; ++j) {
            std::int64_t wanted = 0, sum = 0;
            for (std::size_t k = 0; k < p.dim; ++k)
                wanted += p.units[i * p.dim + k] * p.decoder[j * p.dim + k];
            for (std::size_t k = 0; k < p.n_bits; ++k)
                sum += p.gram[j * p.n_bits + k] * bit(p, codes, i, k);
            const std::int64_t left = ((wanted + (1 << (p.shift - 1))) >> p.shift) - sum;
            CHECK(left * bit(p, codes, i, j) + p.gram[j * p.n_bits + j] >= 0);
        }
    }
}

TEST(descent_ends_where_no_flip_helps) {
    for (iiq::Isa isa : iiq::available_sets()) {
        constexpr std::size_t n_bits = 48;
        std::mt19937 random(3);
        std::uniform_int_distribution<int> small(-900, 900);
        std::vector<std::int16_t> gram(n_bits * n_bits), pairs(n_bits * n_bits);
        std::vector<std::int32_t> diagonal(n_bits), residual(n_bits), negative(n_bits, 0);
        for (std::size_t i = 0; i < n_bits; ++i) {
            for (std::size_t j = 0; j <= i; ++j) {
                gram[i * n_bits + j] = gram[j * n_bits + i] =
                    static_cast<std::int16_t>(i == j ? diagonal[i] = 3000 : small(random));
            }
        }
        std::vector<std::int32_t> target(n_bits);
        for (std::size_t i = 0; i < n_bits; ++i) {
            target[i] = residual[i] = 20 * small(random);
            for (std::size_t j = 0; j < n_bits; ++j) {
                residual[i] -= gram[i * n_bits + j];
                pairs[(i / 2 * n_bits + j) * 2 + i % 2] = gram[i * n_bits + j];
            }
        }
        const std::size_t flips = iiq::refine_kernels(isa).descend(
            pairs.data(), diagonal.data(), n_bits, 1000, residual.data(), negative.data());
        CHECK(flips > 0);
        CHECK(flips < 1000);
        const std::vector<std::int32_t> left = residual_of(target, gram, negative);
        CHECK(residual == left);
        for (std::size_t i = 0; i < n_bits; ++i)
            CHECK((negative[i] ? -left[i] : left[i]) + diagonal[i] >= 0);
        std::fill(negative.begin(), negative.end(), 0);
        CHECK_EQ(iiq::refine_kernels(isa).descend(pairs.data(), diagonal.data(), n_bits, 2,
                                                  target.data(), negative.data()),
                 std::size_t{2});
    }
}

TEST(a_row_equal_to_the_mean_keeps_its_code) {
    Problem p = make(6, 33, 3, 9);
    for (std::size_t k = 0; k < p.dim; ++k) {
        p.mean[k] = static_cast<float>(p.mean[k]);
        p.rows[p.dim + k] = static_cast<float>(p.mean[k]);
    }
    iiq::unit_rows(p.rows.data(), p.n, p.mean.data(), nullptr, 0, p.dim, p.units.data(), 1);
    for (iiq::Isa isa : iiq::available_sets()) {
        const auto codes = refined(p, isa);
        CHECK(codes != p.codes);
        CHECK(std::equal(codes.begin() + 5, codes.begin() + 10, p.codes.begin() + 5));
    }
}

TEST(unit_rows_are_unit_and_without_the_removed_directions) {
    const Problem p = make(9, 4, 50, 5);
    std::vector<double> removed(2 * 9);
    removed[3] = 0.6, removed[5] = 0.8, removed[9 + 7] = 1.0;
    std::vector<std::int16_t> units(p.units.size());
    iiq::unit_rows(p.rows.data(), p.n, p.mean.data(), removed.data(), 2, 9, units.data(), 3);
    for (std::size_t i = 0; i < p.n; ++i) {
        const std::int16_t* row = units.data() + i * 9;
        double squares = 0;
        for (std::size_t k = 0; k < 9; ++k) squares += static_cast<double>(row[k]) * row[k];
        CHECK(std::abs(std::sqrt(squares) - 16384) < 3);
        CHECK(std::abs(row[3] * 0.6 + row[5] * 0.8) < 2);
        CHECK_EQ(row[7], std::int16_t{0});
    }
}

TEST(code_sums_are_those_of_the_definition_in_every_kernel_set) {
    for (std::size_t n : {1u, 2u, 255u, 256u, 257u, 5000u}) {
        for (std::size_t n_bits : {1u, 16u, 37u}) {
            const Problem p = make(11, n_bits, n, static_cast<unsigned>(n + n_bits));
            const auto [agreement, cross] = sums_of(p);
            for (iiq::Isa isa : iiq::available_sets()) {
                std::vector<std::int32_t> of_codes(n_bits * n_bits), of_units(n_bits * 11);
                iiq::code_sums(p.units.data(), p.codes.data(), n, 11, n_bits, of_codes.data(),
                               of_units.data(), 2, iiq::refine_kernels(isa));
                CHECK(of_codes == agreement);
                CHECK(of_units == cross);
            }
        }
    }
}
