#include <cmath>
#include <random>
#include <vector>

#include "kernels/cpu.h"
#include "tests/check.h"
#include "train/refine.h"

namespace {

// What is left of `target` once the codes' rows of a Gram matrix are taken off.
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
    std::vector<double> mean;
    std::vector<std::int16_t> projection, gram;
    std::vector<float> rows;
    std::vector<std::uint8_t> codes;
};

// Rows, a projection with columns of length below one, its Gram matrix, and the codes of its signs.
Problem make(std::size_t dim, std::size_t n_bits, std::size_t n, unsigned seed) {
    Problem p{dim, n_bits, n, {}, {}, {}, {}, {}};
    std::mt19937 random(seed);
    std::normal_distribution<double> normal;
    for (std::size_t k = 0; k < dim; ++k) p.mean.push_back(normal(random));
    for (std::size_t k = 0; k < dim * n_bits; ++k) {
        const double value = normal(random) / std::sqrt(4.0 * static_cast<double>(dim));
        p.projection.push_back(static_cast<std::int16_t>(value * 16384));
    }
    for (std::size_t i = 0; i < n_bits; ++i) {
        for (std::size_t j = 0; j < n_bits; ++j) {
            std::int64_t dot = 8192;
            for (std::size_t k = 0; k < dim; ++k) {
                dot += p.projection[k * n_bits + i] * p.projection[k * n_bits + j];
            }
            p.gram.push_back(static_cast<std::int16_t>(dot >> 14));
        }
    }
    for (std::size_t k = 0; k < n * dim; ++k) p.rows.push_back(static_cast<float>(normal(random)));
    const std::size_t bytes = (n_bits + 7) / 8;
    p.codes.resize(n * bytes);
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < n_bits; ++j) {
            double sum = 0;
            for (std::size_t k = 0; k < dim; ++k) {
                sum += (p.rows[i * dim + k] - p.mean[k]) * p.projection[k * n_bits + j];
            }
            p.codes[i * bytes + j / 8] |= static_cast<std::uint8_t>((sum >= 0) << j % 8);
        }
    }
    return p;
}

iiq::Refiner refiner_of(const Problem& p, iiq::Isa isa) {
    return {p.mean.data(), p.projection.data(), p.gram.data(), p.dim, p.n_bits, isa};
}

std::vector<std::uint8_t> refined(const Problem& p, iiq::Isa isa, unsigned threads = 1,
                                  double scale = 12.0) {
    auto codes = p.codes;
    refiner_of(p, isa).refine(p.rows.data(), p.n, scale, codes.data(), threads);
    return codes;
}

}  // namespace

TEST(refine_gives_the_same_bits_with_every_kernel_set) {
    const std::size_t widths[] = {1, 7, 8, 15, 16, 17, 63, 64, 65, 127, 128, 129, 300, 511, 513};
    for (std::size_t n_bits : widths) {
        for (std::size_t dim : {1u, 5u, 50u}) {
            const Problem p = make(dim, n_bits, 40, static_cast<unsigned>(n_bits + dim));
            const auto wanted = refined(p, iiq::Isa::scalar);
            for (iiq::Isa isa : iiq::available_sets()) CHECK(refined(p, isa) == wanted);
        }
    }
}

TEST(refine_gives_the_same_bits_for_any_threads_and_alone) {
    const Problem p = make(20, 61, 300, 1);
    const auto wanted = refined(p, iiq::find_set("auto"));
    CHECK(wanted != p.codes);
    for (std::size_t threads : {2u, 3u, 7u}) {
        CHECK(refined(p, iiq::find_set("auto"), threads) == wanted);
    }
    const auto refiner = refiner_of(p, iiq::find_set("auto"));
    const std::size_t bytes = (p.n_bits + 7) / 8;
    for (std::size_t i = 0; i < p.n; ++i) {
        std::vector<std::uint8_t> one(p.codes.begin() + i * bytes,
                                      p.codes.begin() + (i + 1) * bytes);
        refiner.refine(p.rows.data() + i * p.dim, 1, 12.0, one.data(), 1);
        CHECK(std::equal(one.begin(), one.end(), wanted.begin() + i * bytes));
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

TEST(a_row_without_a_projection_keeps_its_code) {
    Problem p = make(6, 33, 3, 9);
    for (std::size_t k = 0; k < p.dim; ++k) {
        p.mean[k] = static_cast<float>(p.mean[k]);
        p.rows[p.dim + k] = static_cast<float>(p.mean[k]);
    }
    p.codes[5 + 1] = 0xA5;  // five bytes a code: in the second row
    for (iiq::Isa isa : iiq::available_sets()) {
        const auto codes = refined(p, isa);
        CHECK(std::equal(codes.begin() + 5, codes.begin() + 10, p.codes.begin() + 5));
        CHECK_EQ(refiner_of(p, isa).sum_of_l1(p.rows.data(), p.n).n_rows, std::int64_t{2});
    }
}

TEST(the_sum_of_l1_is_the_same_everywhere_and_lies_in_its_bounds) {
    const Problem p = make(30, 100, 50, 4);
    const auto wanted = refiner_of(p, iiq::Isa::scalar).sum_of_l1(p.rows.data(), p.n);
    const double mean = static_cast<double>(wanted.total) / (1 << 20) / 50;
    CHECK(mean > 1.0);
    CHECK(mean <= 10.0);  // |v|_1 <= sqrt(n_bits) |v|_2
    for (iiq::Isa isa : iiq::available_sets()) {
        const auto sum = refiner_of(p, isa).sum_of_l1(p.rows.data(), p.n);
        CHECK_EQ(sum.total, wanted.total);
    }
}
