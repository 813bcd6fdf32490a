// The specification of the bit-flip kernels, and their portable form.
#include <cstddef>
#include <cstdint>

#include "kernels/refine/table.h"

namespace iiq {
namespace {

void multiply(const std::int16_t* pairs, std::size_t n_pairs, std::size_t width,
              const std::int16_t* x, std::size_t n_rows, std::int32_t* out) {
    for (std::size_t r = 0; r < n_rows; ++r, x += 2 * n_pairs, out += width) {
        for (std::size_t j = 0; j < width; ++j) out[j] = 0;
        for (std::size_t p = 0; p < n_pairs; ++p) {
            const std::int16_t* rows = pairs + 2 * p * width;
            const std::int32_t x0 = x[2 * p], x1 = x[2 * p + 1];
            for (std::size_t j = 0; j < width; ++j)
                out[j] += x0 * rows[2 * j] + x1 * rows[2 * j + 1];
        }
    }
}

// A quarter of what flipping bit j adds to the objective: b_j residual_j + G_jj.
std::int32_t change(std::int32_t residual, std::int32_t negative, std::int32_t diagonal) {
    return (residual ^ negative) - negative + diagonal;
}

std::size_t descend(const std::int16_t* gram_pairs, const std::int32_t* diagonal, std::size_t width,
                    std::size_t max_flips, std::int32_t* residual, std::int32_t* negative) {
    for (std::size_t flips = 0; flips < max_flips; ++flips) {
        std::int32_t best = 0;
        for (std::size_t j = 0; j < width; ++j) {
            const std::int32_t c = change(residual[j], negative[j], diagonal[j]);
            best = c < best ? c : best;
        }
        if (best == 0) return flips;
        std::size_t at = 0;
        while (change(residual[at], negative[at], diagonal[at]) != best) ++at;
        const std::int16_t* row = gram_pairs + (at / 2 * width) * 2 + at % 2;
        const std::int32_t step = negative[at] ? -2 : 2;
        for (std::size_t j = 0; j < width; ++j) residual[j] += step * row[2 * j];
        negative[at] = ~negative[at];
    }
    return max_flips;
}

}  // namespace

const RefineKernels kRefineScalar{multiply, descend};

}  // namespace iiq
