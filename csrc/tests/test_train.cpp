// Fitting and encoding: every kernel set against sums written out here.
#include <algorithm>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "kernels/cpu.h"
#include "kernels/train/table.h"
#include "tests/check.h"
#include "train/encode.h"
#include "train/rotation.h"

namespace {

struct Problem {
    std::size_t n, depth, width;
    std::vector<float> x;
    std::vector<double> mean, projection;

    iiq::LinearMap map() const { return {mean.data(), projection.data(), depth, width}; }
    double sum(std::size_t row, std::size_t column) const {
        double total = 0;
        for (std::size_t k = 0; k < depth; ++k)
            total += (static_cast<double>(x[row * depth + k]) - mean[k]) *
                     projection[k * width + column];
        return total;
    }
};

Problem make(std::size_t n, std::size_t depth, std::size_t width, bool whole = false) {
    Problem p{n, depth, width, {}, {}, {}};
    std::mt19937 random(static_cast<unsigned>(depth * 1000 + width));
    std::normal_distribution<double> normal;
    std::uniform_int_distribution<int> small(-2, 2);
    const auto draw = [&] { return whole ? small(random) : normal(random); };
    for (std::size_t i = 0; i < n * depth; ++i) p.x.push_back(static_cast<float>(draw()));
    for (std::size_t i = 0; i < depth; ++i) p.mean.push_back(draw());
    for (std::size_t i = 0; i < depth * width; ++i) p.projection.push_back(draw());
    return p;
}

constexpr std::size_t kDepths[] = {1, 3, 4, 5, 8, 15, 16, 17, 40, 257, 530};  // the last in pieces
constexpr std::size_t kWidths[] = {1, 7, 8, 9, 31, 32, 33, 65};

}  // namespace

TEST(codes_are_signs_of_ordered_float64_sums_in_every_set) {
    for (iiq::Isa isa : iiq::available_sets()) {
        for (std::size_t depth : kDepths) {
            for (std::size_t width : kWidths) {
                for (bool whole : {false, true}) {  // whole numbers: many sums are exactly zero
                    const Problem p = make(27, depth, width, whole);
                    const std::size_t bytes = (width + 7) / 8;
                    std::vector<std::uint8_t> codes(p.n * bytes, 0xaa), expected(p.n * bytes);
                    iiq::encode(p.x.data(), p.n, p.map(), codes.data(), 1, iiq::train_kernels(isa));
                    for (std::size_t i = 0; i < p.n; ++i)
                        for (std::size_t j = 0; j < width; ++j)
                            if (p.sum(i, j) >= 0)
                                expected[i * bytes + j / 8] |=
                                    static_cast<std::uint8_t>(1 << j % 8);
                    CHECK(codes == expected);
                }
            }
        }
    }
}

TEST(projections_and_quantized_rows_are_the_same_in_every_set) {
    for (std::size_t depth : kDepths) {
        for (std::size_t width : kWidths) {
            const Problem p = make(27, depth, width);
            const std::size_t stride = (width + 15) / 16 * 16;
            std::vector<float> first;
            std::vector<std::uint8_t> first_z;
            for (iiq::Isa isa : iiq::available_sets()) {
                std::vector<float> y(p.n * width);
                std::vector<std::uint8_t> z(p.n * stride);
                std::vector<std::int64_t> sums(width);
                const auto& kernels = iiq::train_kernels(isa);
                CHECK_EQ(iiq::project(p.x.data(), p.n, p.map(), y.data(), 1, kernels), -1);
                iiq::quantize(p.x.data(), p.n, p.map(), 25.0f, z.data(), stride, sums.data(), 2,
                              kernels);
                if (first.empty()) first = y, first_z = z;
                CHECK(y == first);
                CHECK(z == first_z);
                std::int64_t total = 0, counted = 0;
                for (std::int64_t sum : sums) total += sum;
                for (std::uint8_t byte : z) counted += byte - iiq::kZeroByte;
                CHECK_EQ(total, counted);
            }
        }
    }
}

namespace {

// A step of the rotation as rotation_step takes it.
struct Step {
    static constexpr std::size_t n = 530, n_inputs = 345, n_bits = 33, stride = 352, n_words = 2;
    std::vector<std::uint8_t> z;
    std::vector<std::int8_t> rotation;
    std::vector<std::uint32_t> bits;

    int product(std::size_t i, std::size_t j) const {
        int sum = 0;
        for (std::size_t k = 0; k < n_inputs; ++k)
            sum += (z[i * stride + k] - iiq::kZeroByte) * rotation[k * n_bits + j];
        return sum;
    }

    // The sums of the rows whose bit is set; the bits are checked on the way.
    std::vector<std::int64_t> sums() const {
        std::vector<std::int64_t> all(n_bits * stride);
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = 0; j < n_bits; ++j) {
                const bool up = bits[i * n_words + j / 32] >> j % 32 & 1;
                CHECK_EQ(up, product(i, j) >= 0);
                for (std::size_t k = 0; up && k < stride; ++k)
                    all[j * stride + k] += z[i * stride + k] - iiq::kZeroByte;
            }
        return all;
    }
};

}  // namespace

TEST(a_step_keeps_the_sums_of_the_rows_whose_bit_is_set) {
    constexpr std::size_t n = Step::n, n_inputs = Step::n_inputs, n_bits = Step::n_bits;
    constexpr std::size_t stride = Step::stride;
    std::mt19937 random(static_cast<unsigned>(n));
    std::uniform_int_distribution<int> byte(1, 127), weight(-63, 63);
    Step step{std::vector<std::uint8_t>(n * stride, iiq::kZeroByte), {}, {}};
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t k = 0; k < n_inputs; ++k)
            step.z[i * stride + k] = static_cast<std::uint8_t>(i < 256 ? 127 : byte(random));
    for (iiq::Isa isa : iiq::available_sets()) {
        step.bits.assign(n * Step::n_words, 0);
        std::vector<std::int64_t> sums(n_bits * stride);
        for (unsigned round = 0; round < 3; ++round) {
            step.rotation.resize(n_inputs * n_bits);
            for (auto& value : step.rotation) value = static_cast<std::int8_t>(weight(random));
            for (std::size_t k = 0; k < n_inputs; ++k)  // the largest sums there are
                step.rotation[k * n_bits] = static_cast<std::int8_t>(round == 1 ? -63 : 63);
            iiq::rotation_step(step.z.data(), n, stride, step.rotation.data(), n_inputs, n_bits,
                               step.bits.data(), sums.data(), round + 1, iiq::train_kernels(isa));
            CHECK(sums == step.sums());
        }
    }
}

TEST(the_first_row_that_is_not_finite_is_found) {
    for (iiq::Isa isa : iiq::available_sets()) {
        for (std::size_t row : {std::size_t{0}, std::size_t{2000}, std::size_t{4999}}) {
            Problem p = make(5000, 3, 9);
            p.x[row * 3 + 1] = std::numeric_limits<float>::quiet_NaN();
            p.x[4999 * 3] = std::numeric_limits<float>::infinity();
            std::vector<std::uint8_t> codes(p.n * 2);
            CHECK_EQ(
                iiq::encode(p.x.data(), p.n, p.map(), codes.data(), 3, iiq::train_kernels(isa)),
                static_cast<std::int64_t>(row));
        }
    }
}
