// Bit flips with AVX2: 8 sums at a time by 16-bit multiply-add; the update of the residual and the
// search for the next flip are one pass.
#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "kernels/refine/table.h"

namespace iiq {
namespace {

constexpr std::size_t kRows = 4;  // of x, taken together with two vectors of 8 sums each

[[gnu::target("avx2")]] inline __m256i load(const void* at) {
    return _mm256_loadu_si256(static_cast<const __m256i*>(at));
}
[[gnu::target("avx2")]] inline void store(void* at, __m256i value) {
    _mm256_storeu_si256(static_cast<__m256i*>(at), value);
}

// The pair (x0, x1) of 16-bit numbers in every 32-bit lane.
[[gnu::target("avx2")]] inline __m256i broadcast_pair(std::int32_t x0, std::int32_t x1) {
    return _mm256_set1_epi32(static_cast<std::int32_t>((static_cast<std::uint32_t>(x1) << 16) |
                                                       (static_cast<std::uint32_t>(x0) & 0xffffu)));
}

// 16 columns of some rows of x: at most 8 sums of 8 numbers, which the registers hold.
template <std::size_t kRowsHere>
[[gnu::target("avx2")]] void multiply_rows(const std::int16_t* pairs, std::size_t n_pairs,
                                           std::size_t width, const std::int16_t* x,
                                           std::int32_t* out) {
    for (std::size_t j = 0; j < width; j += 16) {
        __m256i left[kRowsHere], right[kRowsHere];
        for (std::size_t r = 0; r < kRowsHere; ++r) left[r] = right[r] = _mm256_setzero_si256();
        for (std::size_t p = 0; p < n_pairs; ++p) {
            const std::int16_t* rows = pairs + 2 * (p * width + j);
            const __m256i low = load(rows), high = load(rows + 16);
            for (std::size_t r = 0; r < kRowsHere; ++r) {
                const std::int16_t* pair = x + 2 * (r * n_pairs + p);
                const __m256i both = broadcast_pair(pair[0], pair[1]);
                left[r] = _mm256_add_epi32(left[r], _mm256_madd_epi16(low, both));
                right[r] = _mm256_add_epi32(right[r], _mm256_madd_epi16(high, both));
            }
        }
        for (std::size_t r = 0; r < kRowsHere; ++r) {
            store(out + r * width + j, left[r]);
            store(out + r * width + j + 8, right[r]);
        }
    }
}

[[gnu::target("avx2")]] void multiply(const std::int16_t* pairs, std::size_t n_pairs,
                                      std::size_t width, const std::int16_t* x, std::size_t n_rows,
                                      std::int32_t* out) {
    std::size_t r = 0;
    for (; r + kRows <= n_rows; r += kRows)
        multiply_rows<kRows>(pairs, n_pairs, width, x + 2 * r * n_pairs, out + r * width);
    for (; r < n_rows; ++r)
        multiply_rows<1>(pairs, n_pairs, width, x + 2 * r * n_pairs, out + r * width);
}

// The smallest lane, and the smallest index among the lanes that hold it.
[[gnu::target("avx2")]] inline std::size_t first_smallest(__m256i values, __m256i indices,
                                                          std::int32_t& best) {
    alignas(32) std::int32_t value[8], index[8];
    store(value, values);
    store(index, indices);
    std::int32_t at = index[0];
    best = value[0];
    for (std::size_t lane = 1; lane < 8; ++lane) {
        const bool better = value[lane] < best || (value[lane] == best && index[lane] < at);
        best = better ? value[lane] : best;
        at = better ? index[lane] : at;
    }
    return static_cast<std::size_t>(at);
}

[[gnu::target("avx2")]] std::size_t descend(const std::int16_t* gram_pairs,
                                            const std::int32_t* diagonal, std::size_t width,
                                            std::size_t max_flips, std::int32_t* residual,
                                            std::int32_t* negative) {
    const __m256i eight = _mm256_set1_epi32(8);
    const std::int16_t* row = gram_pairs;
    __m256i step = _mm256_setzero_si256();  // the first pass only searches
    for (std::size_t flips = 0;; ++flips) {
        __m256i index = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
        __m256i best = _mm256_setzero_si256(), best_index = index;
        for (std::size_t j = 0; j < width; j += 8) {
            const __m256i moved = _mm256_madd_epi16(load(row + 2 * j), step);
            const __m256i value = _mm256_add_epi32(load(residual + j), moved);
            store(residual + j, value);
            const __m256i sign = load(negative + j);
            const __m256i signed_value = _mm256_sub_epi32(_mm256_xor_si256(value, sign), sign);
            const __m256i change = _mm256_add_epi32(signed_value, load(diagonal + j));
            const __m256i better = _mm256_cmpgt_epi32(best, change);
            best = _mm256_min_epi32(best, change);
            best_index = _mm256_blendv_epi8(best_index, index, better);
            index = _mm256_add_epi32(index, eight);
        }
        std::int32_t smallest;
        const std::size_t at = first_smallest(best, best_index, smallest);
        if (smallest == 0 || flips == max_flips) return flips;
        const std::int32_t twice = negative[at] ? -2 : 2;
        step = at % 2 ? broadcast_pair(0, twice) : broadcast_pair(twice, 0);
        row = gram_pairs + 2 * (at / 2) * width;
        negative[at] = ~negative[at];
    }
}

}  // namespace

const RefineKernels kRefineAvx2{multiply, descend};

}  // namespace iiq
#endif
