// Codes chosen for a decoder, and the sums that the decoder is learned from.
//
// A decoder M (n_bits x dim) turns a code b of +-1 into the vector M^T b. The signs of a projection
// are not the code whose vector is nearest to a row's direction z, so bits are flipped, the best
// first, while that lowers
//
//   || z - M^T b ||^2 = 1 + b^T G b - 2 t^T b,    G = M M^T,  t = M z.
//
// All that decides a bit is an integer, or a float64 number that one fixed order of IEEE operations
// gives, so a vector's code depends on nothing but the vector and the encoder: not on the kernel
// set, the threads or the other rows.
//
// Units. z comes as int16, 2^14 long (unit_rows). M comes as int16 too, times 2^p, p such that no
// row of it is longer than 2^14; G as int16 in units of 2^(2p - 14), so that t = z . M >> (28 - p).
// By the Cauchy-Schwarz inequality every sum of t fits 29 bits and, for up to 2^16 bits, every sum
// of G b 31. A flip needs a strictly lower loss in whole numbers, so flips end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "kernels/refine/table.h"

namespace iiq {

enum class Isa;

// units (n x dim): the rows less `mean` and their parts along `removed` (n_removed orthonormal
// rows of dim numbers), scaled to length 2^14 and rounded; zeros for a row of which nothing is
// left.
void unit_rows(const float* rows, std::size_t n, const double* mean, const double* removed,
               std::size_t n_removed, std::size_t dim, std::int16_t* units, unsigned threads);

// From n <= 2^16 unit rows and their packed codes, B as +-1: agreement (n_bits x n_bits) = B^T B
// and cross (n_bits x dim) = B^T units.
void code_sums(const std::int16_t* units, const std::uint8_t* codes, std::size_t n, std::size_t dim,
               std::size_t n_bits, std::int32_t* agreement, std::int32_t* cross, unsigned threads,
               const RefineKernels& kernels);

// Memory of 64-byte lines for kernels; zero at first.
template <class T>
class Lines {
  public:
    explicit Lines(std::size_t count);
    T* data() const { return memory_.get(); }
    T& operator[](std::size_t i) const { return memory_[i]; }

  private:
    struct Free {
        void operator()(void* memory) const;
    };
    std::unique_ptr<T[], Free> memory_;
};

class Refiner {
  public:
    // decoder: n_bits x dim, times 2^p; shift: 28 - p, from 0 to 31; gram: n_bits x n_bits,
    // symmetric. All are copied.
    Refiner(const std::int16_t* decoder, int shift, const std::int16_t* gram, std::size_t dim,
            std::size_t n_bits, Isa isa);

    // Improves `n` row-major packed codes (ceil(n_bits / 8) bytes each, bit j in byte j / 8, least
    // significant first) of unit rows in place. A row of zeros keeps its code. Thread-safe.
    void refine(const std::int16_t* units, std::size_t n, std::uint8_t* codes,
                unsigned threads) const;

  private:
    struct Scratch;
    void refine_block(const std::int16_t* units, std::size_t n, std::uint8_t* codes,
                      Scratch& scratch) const;

    const RefineKernels& kernels_;
    std::size_t dim_, n_bits_, width_;
    int shift_;
    Lines<std::int16_t> decoder_, gram_;
    Lines<std::int32_t> diagonal_;
};

}  // namespace iiq
