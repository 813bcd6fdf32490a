#include "train/refine.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <new>

#include "base/threads.h"

namespace iiq {
namespace {

constexpr double kOne = 1 << Refiner::kFraction;
constexpr std::size_t kLanes = RefineKernels::kLanes;
constexpr std::align_val_t kAlignment{64};
constexpr std::size_t kFlipsPerBit = 4;  // a bound on the time of one row, far above what rows need
constexpr std::uint64_t kRowsPerThread = 64;

std::size_t round_up(std::size_t value, std::size_t unit) {
    return (value + unit - 1) / unit * unit;
}

// To the nearest whole number, halves up; `value` is well inside the range of int32.
// (std::floor is a call where the baseline has no instruction for it.)
std::int32_t nearest(double value) {
    const double above = value + 0.5;
    const auto whole = static_cast<std::int32_t>(above);
    return whole - (above < whole);
}

// The sum of squares, in eight partial sums so that every compiler may vectorise one fixed order.
double sum_of_squares(const double* x, std::size_t n) {
    double part[8] = {};
    std::size_t k = 0;
    for (; k + 8 <= n; k += 8) {
        for (std::size_t lane = 0; lane < 8; ++lane) part[lane] += x[k + lane] * x[k + lane];
    }
    for (std::size_t lane = 0; k + lane < n; ++lane) part[lane] += x[k + lane] * x[k + lane];
    for (std::size_t half = 4; half > 0; half /= 2) {
        for (std::size_t lane = 0; lane < half; ++lane) part[lane] += part[lane + half];
    }
    return part[0];
}

}  // namespace

struct Refiner::Scratch {
    explicit Scratch(const Refiner& of)
        : centred(allocate<double>(of.dim_)),
          row(allocate<std::int16_t>(2 * of.n_pairs_)),
          code(allocate<std::int16_t>(of.width_)),
          projected(allocate<std::int32_t>(of.width_)),
          residual(allocate<std::int32_t>(of.width_)),
          negative(allocate<std::int32_t>(of.width_)) {}
    Buffer<double> centred;
    Buffer<std::int16_t> row, code;
    Buffer<std::int32_t> projected, residual, negative;
};

void Refiner::Free::operator()(void* memory) const { ::operator delete(memory, kAlignment); }

template <class T>
Refiner::Buffer<T> Refiner::allocate(std::size_t count) {
    const std::size_t bytes = round_up(std::max<std::size_t>(count, 1) * sizeof(T), 64);
    void* memory = ::operator new(bytes, kAlignment);
    std::memset(memory, 0, bytes);
    return Buffer<T>(static_cast<T*>(memory));
}

Refiner::Buffer<std::int16_t> Refiner::pair_rows(const std::int16_t* matrix, std::size_t n_rows,
                                                 std::size_t n_columns, std::size_t width) {
    auto pairs = allocate<std::int16_t>(round_up(n_rows, 2) * width);
    for (std::size_t k = 0; k < n_rows; ++k) {
        std::int16_t* out = pairs.get() + k / 2 * width * 2 + k % 2;
        for (std::size_t j = 0; j < n_columns; ++j) out[2 * j] = matrix[k * n_columns + j];
    }
    return pairs;
}

Refiner::Refiner(const double* mean, const std::int16_t* projection, const std::int16_t* gram,
                 std::size_t dim, std::size_t n_bits, Isa isa)
    : kernels_(refine_kernels(isa)),
      dim_(dim),
      n_bits_(n_bits),
      width_(round_up(n_bits, kLanes)),
      n_pairs_((dim + 1) / 2),
      n_code_pairs_((n_bits + 1) / 2),
      mean_(allocate<double>(dim)),
      projection_(pair_rows(projection, dim, n_bits, width_)),
      gram_(gram ? pair_rows(gram, n_bits, n_bits, width_) : nullptr),
      diagonal_(allocate<std::int32_t>(width_)) {
    std::copy_n(mean, dim, mean_.get());
    for (std::size_t j = 0; gram && j < n_bits; ++j) diagonal_[j] = gram[j * n_bits + j];
}

// Fills scratch.projected with the row's projection in some unit; returns its length in that unit.
double Refiner::project(const float* row, Scratch& scratch) const {
    double* centred = scratch.centred.get();
    for (std::size_t k = 0; k < dim_; ++k) centred[k] = static_cast<double>(row[k]) - mean_[k];
    const double length = std::sqrt(sum_of_squares(centred, dim_));
    if (length == 0.0) return 0.0;
    const double unit = kOne / length;
    for (std::size_t k = 0; k < dim_; ++k) {
        scratch.row[k] = static_cast<std::int16_t>(nearest(centred[k] * unit));
    }
    kernels_.multiply(projection_.get(), n_pairs_, width_, scratch.row.get(),
                      scratch.projected.get());
    std::int64_t squares = 0;
    for (std::size_t j = 0; j < n_bits_; ++j) {
        squares += static_cast<std::int64_t>(scratch.projected[j]) * scratch.projected[j];
    }
    return std::sqrt(static_cast<double>(squares));
}

void Refiner::refine_rows(const float* rows, std::size_t n, double scale, std::uint8_t* codes,
                          Scratch& scratch) const {
    const std::size_t bytes = (n_bits_ + 7) / 8;
    for (std::size_t i = 0; i < n; ++i) {
        const double length = project(rows + i * dim_, scratch);
        if (length == 0.0) continue;
        std::uint8_t* code = codes + i * bytes;
        for (std::size_t byte = 0; byte < bytes; ++byte) {  // padding bits: never worth a flip
            for (int bit = 0; bit < 8; ++bit) {
                const int set = code[byte] >> bit & 1;
                scratch.negative[8 * byte + bit] = set - 1;
                scratch.code[8 * byte + bit] = static_cast<std::int16_t>(2 * set - 1);
            }
        }
        kernels_.multiply(gram_.get(), n_code_pairs_, width_, scratch.code.get(),
                          scratch.residual.get());
        const double unit = scale * kOne / length;
        for (std::size_t j = 0; j < n_bits_; ++j) {
            scratch.residual[j] = nearest(scratch.projected[j] * unit) - scratch.residual[j];
        }
        if (!kernels_.descend(gram_.get(), diagonal_.get(), width_, kFlipsPerBit * n_bits_,
                              scratch.residual.get(), scratch.negative.get())) {
            continue;
        }
        for (std::size_t byte = 0; byte < bytes; ++byte) {
            int packed = 0;
            for (int bit = 0; bit < 8; ++bit) {
                packed |= (scratch.negative[8 * byte + bit] + 1) << bit;
            }
            code[byte] = static_cast<std::uint8_t>(packed);
        }
    }
}

void Refiner::refine(const float* rows, std::size_t n, double scale, std::uint8_t* codes,
                     unsigned threads) const {
    const std::size_t bytes = (n_bits_ + 7) / 8;
    parallel_ranges(n, useful_threads(threads, n, kRowsPerThread),
                    [&](unsigned, std::uint64_t first, std::uint64_t last) {
                        Scratch scratch(*this);
                        refine_rows(rows + first * dim_, last - first, scale, codes + first * bytes,
                                    scratch);
                    });
}

Refiner::Sum Refiner::sum_of_l1(const float* rows, std::size_t n) const {
    constexpr double kUnit = 1 << 20;
    Scratch scratch(*this);
    Sum sum;
    for (std::size_t i = 0; i < n; ++i) {
        const double length = project(rows + i * dim_, scratch);
        if (length == 0.0) continue;
        std::int64_t l1 = 0;
        for (std::size_t j = 0; j < n_bits_; ++j) l1 += std::abs(scratch.projected[j]);
        sum.total += static_cast<std::int64_t>(static_cast<double>(l1) / length * kUnit);
        ++sum.n_rows;
    }
    return sum;
}

}  // namespace iiq
