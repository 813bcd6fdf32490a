// Bit flips for codes that are longer than the vectors: sgn(z R) is not the best code of a tight
// frame R (c x n_bits, R R^T = I), so bits are flipped, the best first, while that lowers
//
//   || a z / |z| - R b ||^2 = const + b^T G b - 2 t^T b,   G = R^T R, t = a (z R) / |z|,
//
// z being a vector centred and cleaned, b its code as +-1, `a` one number for all vectors.
//
// Everything that decides a bit is an integer or a float64 number that one fixed order of IEEE
// operations gives, so a vector's code depends on nothing but the vector and the encoder: not on
// the kernel set, the threads or the other rows. The projection (dim x n_bits) and G come as int16
// in units of 2^-kFraction; a row is scaled to length 2^kFraction and rounded before it is
// projected, so sums fit in 32 bits by the Cauchy-Schwarz inequality (columns of a projection are
// at most 1 long).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "kernels/refine/table.h"

namespace iiq {

enum class Isa;

class Refiner {
  public:
    static constexpr int kFraction = 14;

    // mean: dim; projection: dim x n_bits; gram: n_bits x n_bits, symmetric, or null where only
    // sum_of_l1 is used; all are copied.
    Refiner(const double* mean, const std::int16_t* projection, const std::int16_t* gram,
            std::size_t dim, std::size_t n_bits, Isa isa);

    // Improves `n` row-major packed codes (ceil(n_bits / 8) bytes each, bit j in byte j / 8, least
    // significant first) of `n` float32 rows in place. `scale` is `a`. A row whose projection is
    // zero keeps its code. Thread-safe.
    void refine(const float* rows, std::size_t n, double scale, std::uint8_t* codes,
                unsigned threads) const;

    struct Sum {
        std::int64_t total = 0;   // of |z R|_1 / |z|, each rounded down to a unit of 2^-20
        std::int64_t n_rows = 0;  // those whose projection is not zero
    };
    // What `a` is computed from: a sum of integers, the same in any order of the rows.
    Sum sum_of_l1(const float* rows, std::size_t n) const;

  private:
    struct Scratch;
    struct Free {
        void operator()(void* memory) const;
    };
    template <class T>
    using Buffer = std::unique_ptr<T[], Free>;
    template <class T>
    static Buffer<T> allocate(std::size_t count);
    static Buffer<std::int16_t> pair_rows(const std::int16_t* matrix, std::size_t n_rows,
                                          std::size_t n_columns, std::size_t width);

    double project(const float* row, Scratch& scratch) const;
    void refine_rows(const float* rows, std::size_t n, double scale, std::uint8_t* codes,
                     Scratch& scratch) const;

    const RefineKernels& kernels_;
    std::size_t dim_, n_bits_, width_, n_pairs_, n_code_pairs_;
    Buffer<double> mean_;
    Buffer<std::int16_t> projection_, gram_;
    Buffer<std::int32_t> diagonal_;
};

}  // namespace iiq
