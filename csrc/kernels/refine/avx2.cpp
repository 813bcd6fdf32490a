// Bit flips with AVX2: 8 sums at a time by 16-bit multiply-add; the update of the residual and the
// search for the next flip are one pass.
#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "kernels/refine/table.h"

namespace iiq {
namespace {

constexpr std::size_t kTile = 8;  // accumulators of 8 sums: 64 columns at a time

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

template <std::size_t kVectors>
[[gnu::target("avx2")]] void multiply_tile(const std::int16_t* pairs, std::size_t n_pairs,
                                           std::size_t width, const std::int16_t* x,
                                           std::int32_t* out) {
    __m256i sums[kVectors];
    for (std::size_t v = 0; v < kVectors; ++v) sums[v] = _mm256_setzero_si256();
    for (std::size_t p = 0; p < n_pairs; ++p) {
        const std::int16_t* rows = pairs + 2 * p * width;
        const __m256i both = broadcast_pair(x[2 * p], x[2 * p + 1]);
        for (std::size_t v = 0; v < kVectors; ++v) {
            sums[v] = _mm256_add_epi32(sums[v], _mm256_madd_epi16(load(rows + 16 * v), both));
        }
    }
    for (std::size_t v = 0; v < kVectors; ++v) store(out + 8 * v, sums[v]);
}

[[gnu::target("avx2")]] void multiply(const std::int16_t* pairs, std::size_t n_pairs,
                                      std::size_t width, const std::int16_t* x, std::int32_t* out) {
    std::size_t j = 0;
    for (; j + 8 * kTile <= width; j += 8 * kTile) {
        multiply_tile<kTile>(pairs + 2 * j, n_pairs, width, x, out + j);
    }
    const std::int16_t* rest = pairs + 2 * j;  // one pass over the rows for what is left
    switch ((width - j) / 16) {
        case 1:
            return multiply_tile<2>(rest, n_pairs, width, x, out + j);
        case 2:
            return multiply_tile<4>(rest, n_pairs, width, x, out + j);
        case 3:
            return multiply_tile<6>(rest, n_pairs, width, x, out + j);
        default:
            return;
    }
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
