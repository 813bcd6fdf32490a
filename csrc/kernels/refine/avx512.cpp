// Bit flips with AVX-512 and VNNI: 16 sums at a time by one fused multiply-add of 16-bit pairs; the
// update of the residual and the search for the next flip are one pass.
#if defined(__x86_64__) || defined(_M_X64)
#if defined(__GNUC__) && !defined(__clang__)  // false alarms in GCC 12's header: GCC bug 105593
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "kernels/refine/table.h"

namespace iiq {
namespace {

constexpr std::size_t kTile = 8;  // accumulators of 16 sums: 128 columns at a time

// The pair (x0, x1) of 16-bit numbers in every 32-bit lane.
[[gnu::target("avx512f,avx512bw,avx512vnni")]] inline __m512i broadcast_pair(std::int32_t x0,
                                                                             std::int32_t x1) {
    return _mm512_set1_epi32(static_cast<std::int32_t>((static_cast<std::uint32_t>(x1) << 16) |
                                                       (static_cast<std::uint32_t>(x0) & 0xffffu)));
}

template <std::size_t kVectors>
[[gnu::target("avx512f,avx512bw,avx512vnni")]] void multiply_tile(const std::int16_t* pairs,
                                                                  std::size_t n_pairs,
                                                                  std::size_t width,
                                                                  const std::int16_t* x,
                                                                  std::int32_t* out) {
    __m512i sums[kVectors];
    for (std::size_t v = 0; v < kVectors; ++v) sums[v] = _mm512_setzero_si512();
    for (std::size_t p = 0; p < n_pairs; ++p) {
        const std::int16_t* rows = pairs + 2 * p * width;
        const __m512i both = broadcast_pair(x[2 * p], x[2 * p + 1]);
        for (std::size_t v = 0; v < kVectors; ++v) {
            sums[v] = _mm512_dpwssd_epi32(sums[v], _mm512_loadu_si512(rows + 32 * v), both);
        }
    }
    for (std::size_t v = 0; v < kVectors; ++v) _mm512_storeu_si512(out + 16 * v, sums[v]);
}

[[gnu::target("avx512f,avx512bw,avx512vnni")]] void multiply(const std::int16_t* pairs,
                                                             std::size_t n_pairs, std::size_t width,
                                                             const std::int16_t* x,
                                                             std::int32_t* out) {
    std::size_t j = 0;
    for (; j + 16 * kTile <= width; j += 16 * kTile) {
        multiply_tile<kTile>(pairs + 2 * j, n_pairs, width, x, out + j);
    }
    const std::int16_t* rest = pairs + 2 * j;  // one pass over the rows for what is left
    switch ((width - j) / 16) {
        case 1:
            return multiply_tile<1>(rest, n_pairs, width, x, out + j);
        case 2:
            return multiply_tile<2>(rest, n_pairs, width, x, out + j);
        case 3:
            return multiply_tile<3>(rest, n_pairs, width, x, out + j);
        case 4:
            return multiply_tile<4>(rest, n_pairs, width, x, out + j);
        case 5:
            return multiply_tile<5>(rest, n_pairs, width, x, out + j);
        case 6:
            return multiply_tile<6>(rest, n_pairs, width, x, out + j);
        case 7:
            return multiply_tile<7>(rest, n_pairs, width, x, out + j);
        default:
            return;
    }
}

[[gnu::target("avx512f,avx512bw,avx512vnni")]] std::size_t descend(
    const std::int16_t* gram_pairs, const std::int32_t* diagonal, std::size_t width,
    std::size_t max_flips, std::int32_t* residual, std::int32_t* negative) {
    const __m512i sixteen = _mm512_set1_epi32(16);
    const __m512i most = _mm512_set1_epi32(INT32_MAX);
    const std::int16_t* row = gram_pairs;
    __m512i step = _mm512_setzero_si512();  // the first pass only searches
    for (std::size_t flips = 0;; ++flips) {
        __m512i index = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
        __m512i best = _mm512_setzero_si512(), best_index = index;
        for (std::size_t j = 0; j < width; j += 16) {
            const __m512i before = _mm512_loadu_si512(residual + j);
            const __m512i value =
                _mm512_dpwssd_epi32(before, _mm512_loadu_si512(row + 2 * j), step);
            _mm512_storeu_si512(residual + j, value);
            const __m512i sign = _mm512_loadu_si512(negative + j);
            const __m512i signed_value = _mm512_sub_epi32(_mm512_xor_si512(value, sign), sign);
            const __m512i change = _mm512_add_epi32(signed_value, _mm512_loadu_si512(diagonal + j));
            const __mmask16 better = _mm512_cmplt_epi32_mask(change, best);
            best = _mm512_min_epi32(best, change);
            best_index = _mm512_mask_mov_epi32(best_index, better, index);
            index = _mm512_add_epi32(index, sixteen);
        }
        const std::int32_t smallest = _mm512_reduce_min_epi32(best);
        if (smallest == 0 || flips == max_flips) return flips;
        const __mmask16 holders = _mm512_cmpeq_epi32_mask(best, _mm512_set1_epi32(smallest));
        const std::size_t at = static_cast<std::size_t>(
            _mm512_reduce_min_epi32(_mm512_mask_mov_epi32(most, holders, best_index)));
        const std::int32_t twice = negative[at] ? -2 : 2;
        step = at % 2 ? broadcast_pair(0, twice) : broadcast_pair(twice, 0);
        row = gram_pairs + 2 * (at / 2) * width;
        negative[at] = ~negative[at];
    }
}

}  // namespace

const RefineKernels kRefineAvx512{multiply, descend};

}  // namespace iiq
#endif
