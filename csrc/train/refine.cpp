#include "train/refine.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <mutex>
#include <new>
#include <vector>

#include "base/threads.h"

namespace iiq {
namespace {

constexpr double kOne = 1 << 14;
constexpr std::size_t kLanes = RefineKernels::kLanes;
constexpr std::align_val_t kAlignment{64};
constexpr std::size_t kFlipsPerBit = 4;  // a bound on the time of one row, far above what rows need
constexpr std::uint64_t kRowsPerThread = 64;
constexpr std::size_t kBlockRows = 32;  // refined together: their numbers stay in the cache
constexpr std::size_t kSumRows = 256;   // summed together

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

// A sum of products, in eight partial sums so that every compiler may vectorise one fixed order.
double dot(const double* x, const double* y, std::size_t n) {
    double part[8] = {};
    std::size_t k = 0;
    for (; k + 8 <= n; k += 8) {
        for (std::size_t lane = 0; lane < 8; ++lane) part[lane] += x[k + lane] * y[k + lane];
    }
    for (std::size_t lane = 0; k + lane < n; ++lane) part[lane] += x[k + lane] * y[k + lane];
    for (std::size_t half = 4; half > 0; half /= 2) {
        for (std::size_t lane = 0; lane < half; ++lane) part[lane] += part[lane + half];
    }
    return part[0];
}

// Rows of numbers (n x n_columns) as the kernels want a matrix: see kernels/refine/table.h.
void pair_rows(const std::int16_t* matrix, std::size_t n, std::size_t n_columns, std::size_t width,
               std::int16_t* pairs) {
    for (std::size_t k = 0; k < n; ++k) {
        std::int16_t* out = pairs + k / 2 * width * 2 + k % 2;
        for (std::size_t j = 0; j < n_columns; ++j) out[2 * j] = matrix[k * n_columns + j];
    }
}

std::int16_t sign_of(const std::uint8_t* code, std::size_t j) {
    return static_cast<std::int16_t>(2 * (code[j / 8] >> (j % 8) & 1) - 1);
}

}  // namespace

template <class T>
void Lines<T>::Free::operator()(void* memory) const {
    ::operator delete(memory, kAlignment);
}

template <class T>
Lines<T>::Lines(std::size_t count) {
    const std::size_t bytes = round_up(std::max<std::size_t>(count, 1) * sizeof(T), 64);
    memory_.reset(static_cast<T*>(::operator new(bytes, kAlignment)));
    std::memset(memory_.get(), 0, bytes);
}

template class Lines<std::int16_t>;
template class Lines<std::int32_t>;

void unit_rows(const float* rows, std::size_t n, const double* mean, const double* removed,
               std::size_t n_removed, std::size_t dim, std::int16_t* units, unsigned threads) {
    const auto task = [=](unsigned, std::uint64_t first, std::uint64_t last) {
        std::vector<double> centred(dim), along(n_removed);
        for (std::size_t i = first; i < last; ++i) {
            const float* row = rows + i * dim;
            for (std::size_t k = 0; k < dim; ++k) centred[k] = double{row[k]} - mean[k];
            for (std::size_t r = 0; r < n_removed; ++r)
                along[r] = dot(centred.data(), removed + r * dim, dim);
            for (std::size_t r = 0; r < n_removed; ++r)
                for (std::size_t k = 0; k < dim; ++k) centred[k] -= along[r] * removed[r * dim + k];
            const double length = std::sqrt(dot(centred.data(), centred.data(), dim));
            const double unit = length > 0.0 ? kOne / length : 0.0;
            for (std::size_t k = 0; k < dim; ++k)
                units[i * dim + k] = static_cast<std::int16_t>(nearest(centred[k] * unit));
        }
    };
    parallel_ranges(n, useful_threads(threads, n, kRowsPerThread), task);
}

namespace {

// The sums of one thread: blocks of rows, as the kernels want them, and what they add up to.
class Summing {
  public:
    Summing(std::size_t dim, std::size_t n_bits, const RefineKernels& kernels)
        : kernels_(kernels),
          dim_(dim),
          n_bits_(n_bits),
          wide_(round_up(dim, kLanes)),
          width_(round_up(n_bits, kLanes)),
          units_(kSumRows * wide_),
          signs_(kSumRows * width_),
          columns_(n_bits * kSumRows),
          sums_(n_bits * std::max(wide_, width_)),
          of_codes_(n_bits * n_bits),
          of_units_(n_bits * dim) {}

    // At most kSumRows rows.
    void add(const std::int16_t* units, const std::uint8_t* codes, std::size_t count) {
        const std::size_t bytes = (n_bits_ + 7) / 8;
        // columns of zeros end a block: what the pairs hold beyond it does not count
        if (count < kSumRows) std::fill_n(columns_.data(), n_bits_ * kSumRows, 0);
        pair_rows(units, count, dim_, wide_, units_.data());
        for (std::size_t i = 0; i < count; ++i) {
            std::int16_t* pairs = signs_.data() + i / 2 * width_ * 2 + i % 2;
            for (std::size_t j = 0; j < n_bits_; ++j)
                pairs[2 * j] = columns_[j * kSumRows + i] = sign_of(codes + i * bytes, j);
        }
        add_products(units_.data(), wide_, dim_, of_units_);
        add_products(signs_.data(), width_, n_bits_, of_codes_);
    }

    void add_to(std::int32_t* agreement, std::int32_t* cross) const {
        for (std::size_t i = 0; i < of_codes_.size(); ++i) agreement[i] += of_codes_[i];
        for (std::size_t i = 0; i < of_units_.size(); ++i) cross[i] += of_units_[i];
    }

  private:
    void add_products(const std::int16_t* pairs, std::size_t padded, std::size_t n_columns,
                      std::vector<std::int32_t>& totals) {
        kernels_.multiply(pairs, kSumRows / 2, padded, columns_.data(), n_bits_, sums_.data());
        for (std::size_t j = 0; j < n_bits_; ++j)
            for (std::size_t k = 0; k < n_columns; ++k)
                totals[j * n_columns + k] += sums_[j * padded + k];
    }

    const RefineKernels& kernels_;
    std::size_t dim_, n_bits_, wide_, width_;
    Lines<std::int16_t> units_, signs_, columns_;
    Lines<std::int32_t> sums_;
    std::vector<std::int32_t> of_codes_, of_units_;
};

}  // namespace

void code_sums(const std::int16_t* units, const std::uint8_t* codes, std::size_t n, std::size_t dim,
               std::size_t n_bits, std::int32_t* agreement, std::int32_t* cross, unsigned threads,
               const RefineKernels& kernels) {
    const std::size_t bytes = (n_bits + 7) / 8;
    std::mutex mutex;
    std::fill_n(agreement, n_bits * n_bits, 0);
    std::fill_n(cross, n_bits * dim, 0);
    const auto task = [&](unsigned, std::uint64_t first, std::uint64_t last) {
        Summing sums(dim, n_bits, kernels);
        for (std::size_t i = first; i < last; i += kSumRows)
            sums.add(units + i * dim, codes + i * bytes, std::min<std::size_t>(kSumRows, last - i));
        const std::lock_guard<std::mutex> lock(mutex);
        sums.add_to(agreement, cross);
    };
    parallel_ranges(n, useful_threads(threads, n, 16 * kSumRows), task);
}

struct Refiner::Scratch {
    explicit Scratch(const Refiner& of)
        : rows(kBlockRows * round_up(of.dim_, 2)),
          signs(kBlockRows * round_up(of.n_bits_, 2)),
          wanted(kBlockRows * of.width_),
          residual(kBlockRows * of.width_),
          negative(of.width_) {}
    Lines<std::int16_t> rows, signs;
    Lines<std::int32_t> wanted, residual, negative;
};

Refiner::Refiner(const std::int16_t* decoder, int shift, const std::int16_t* gram, std::size_t dim,
                 std::size_t n_bits, Isa isa)
    : kernels_(refine_kernels(isa)),
      dim_(dim),
      n_bits_(n_bits),
      width_(round_up(n_bits, kLanes)),
      shift_(shift),
      decoder_(round_up(dim, 2) * width_),
      gram_(round_up(n_bits, 2) * width_),
      diagonal_(width_) {
    for (std::size_t j = 0; j < n_bits; ++j) {
        for (std::size_t k = 0; k < dim; ++k)
            decoder_[(k / 2 * width_ + j) * 2 + k % 2] = decoder[j * dim + k];
        diagonal_[j] = gram[j * n_bits + j];
    }
    pair_rows(gram, n_bits, n_bits, width_, gram_.data());
}

// At most kBlockRows rows.
void Refiner::refine_block(const std::int16_t* units, std::size_t n, std::uint8_t* codes,
                           Scratch& scratch) const {
    const std::size_t bytes = (n_bits_ + 7) / 8;
    const std::size_t even_dim = round_up(dim_, 2), even_bits = round_up(n_bits_, 2);
    for (std::size_t i = 0; i < n; ++i) {
        std::copy_n(units + i * dim_, dim_, scratch.rows.data() + i * even_dim);
        for (std::size_t j = 0; j < n_bits_; ++j)
            scratch.signs[i * even_bits + j] = sign_of(codes + i * bytes, j);
    }
    kernels_.multiply(decoder_.data(), even_dim / 2, width_, scratch.rows.data(), n,
                      scratch.wanted.data());
    kernels_.multiply(gram_.data(), even_bits / 2, width_, scratch.signs.data(), n,
                      scratch.residual.data());
    const std::int32_t half = shift_ ? std::int32_t{1} << (shift_ - 1) : 0;
    for (std::size_t i = 0; i < n; ++i) {
        const std::int16_t* row = units + i * dim_;
        if (std::all_of(row, row + dim_, [](std::int16_t x) { return x == 0; })) continue;
        const std::int32_t* wanted = scratch.wanted.data() + i * width_;
        std::int32_t* residual = scratch.residual.data() + i * width_;
        for (std::size_t j = 0; j < n_bits_; ++j)
            residual[j] = ((wanted[j] + half) >> shift_) - residual[j];
        for (std::size_t j = 0; j < n_bits_; ++j)
            scratch.negative[j] = (scratch.signs[i * even_bits + j] - 1) / 2;
        if (!kernels_.descend(gram_.data(), diagonal_.data(), width_, kFlipsPerBit * n_bits_,
                              residual, scratch.negative.data()))
            continue;
        std::uint8_t* code = codes + i * bytes;
        std::fill_n(code, bytes, std::uint8_t{0});
        for (std::size_t j = 0; j < n_bits_; ++j)
            code[j / 8] |= static_cast<std::uint8_t>((scratch.negative[j] + 1) << (j % 8));
    }
}

void Refiner::refine(const std::int16_t* units, std::size_t n, std::uint8_t* codes,
                     unsigned threads) const {
    const std::size_t bytes = (n_bits_ + 7) / 8;
    const auto task = [&](unsigned, std::uint64_t first, std::uint64_t last) {
        Scratch scratch(*this);
        for (std::size_t start = first; start < last; start += kBlockRows)
            refine_block(units + start * dim_, std::min<std::size_t>(kBlockRows, last - start),
                         codes + start * bytes, scratch);
    };
    parallel_ranges(n, useful_threads(threads, n, kRowsPerThread), task);
}

}  // namespace iiq
