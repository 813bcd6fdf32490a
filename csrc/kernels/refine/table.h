// The kernels of bit flips (train/refine.h): integers only, so every set gives the same bits.
//
// A matrix of m rows and `width` columns is stored as pairs of rows side by side, int16:
//   pairs[(k / 2 * width + j) * 2 + k % 2] = matrix[k][j],   k < 2 * n_pairs, j < width,
// so that one multiply-add of 16-bit pairs feeds each 32-bit sum. `width` is a multiple of kLanes;
// rows and columns past the matrix are zero.
#pragma once

#include <cstddef>
#include <cstdint>

namespace iiq {

enum class Isa;

struct RefineKernels {
    static constexpr std::size_t kLanes = 16;

    // out[r][j] = sum_k x[r][k] * matrix[k][j] for n_rows rows x of 2 * n_pairs numbers; no sum may
    // pass 31 bits. Several rows are taken together, so that each number of the matrix is read
    // once for all of them.
    void (*multiply)(const std::int16_t* pairs, std::size_t n_pairs, std::size_t width,
                     const std::int16_t* x, std::size_t n_rows, std::int32_t* out);

    // Steepest descent of b^T G b - 2 t^T b over codes b of +-1: while some flip lowers it, flip
    // the bit that lowers it most, the first one on a tie. `residual` is t - G b on entry and on
    // return; `negative` holds -1 where b is -1 and 0 where it is +1, and is changed in place;
    // `diagonal` is that of G. At most `max_flips` flips. Returns how many.
    std::size_t (*descend)(const std::int16_t* gram_pairs, const std::int32_t* diagonal,
                           std::size_t width, std::size_t max_flips, std::int32_t* residual,
                           std::int32_t* negative);
};

// One table per set; a set without its own version borrows the next best.
const RefineKernels& refine_kernels(Isa isa);

extern const RefineKernels kRefineScalar;
#if defined(__x86_64__) || defined(_M_X64)
extern const RefineKernels kRefineAvx2;
extern const RefineKernels kRefineAvx512;
#endif

}  // namespace iiq
