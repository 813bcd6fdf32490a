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

constexpr std::size_t kRows = 4;  // of x, taken together ...
constexpr std::size_t kTile = 4;  // ... with this many vectors of 16 sums each

// The pair (x0, x1) of 16-bit numbers in every 32-bit lane.
[[gnu::target("avx512f,avx512bw,avx512vnni")]] inline __m512i broadcast_pair(std::int32_t x0,
                                                                             std::int32_t x1) {
    return _mm512_set1_epi32(static_cast<std::int32_t>((static_cast<std::uint32_t>(x1) << 16) |
                                                       (static_cast<std::uint32_t>(x0) & 0xffffu)));
}

template <std::size_t kRowsHere, std::size_t kVectors>
[[gnu::target("avx512f,avx512bw,avx512vnni")]] void multiply_tile(const std::int16_t* pairs,
                                                                  std::size_t n_pairs,
                                                                  std::size_t width,
                                                                  const std::int16_t* x,
                                                                  std::int32_t* out) {
    __m512i sums[kRowsHere][kVectors];
    for (std::size_t r = 0; r < kRowsHere; ++r)
        for (std::size_t v = 0; v < kVectors; ++v) sums[r][v] = _mm512_setzero_si512();
    for (std::size_t p = 0; p < n_pairs; ++p) {
        __m512i rows[kVectors];
        for (std::size_t v = 0; v < kVectors; ++v)
            rows[v] = _mm512_loadu_si512(pairs + 2 * p * width + 32 * v);
        for (std::size_t r = 0; r < kRowsHere; ++r) {
            const std::int16_t* pair = x + 2 * (r * n_pairs + p);
            const __m512i both = broadcast_pair(pair[0], pair[1]);
            for (std::size_t v = 0; v < kVectors; ++v)
                sums[r][v] = _mm512_dpwssd_epi32(sums[r][v], rows[v], both);
        }
    }
    for (std::size_t r = 0; r < kRowsHere; ++r)
        for (std::size_t v = 0; v < kVectors; ++v)
            _mm512_storeu_si512(out + r * width + 16 * v, sums[r][v]);
}

template <std::size_t kRowsHere>
[[gnu::target("avx512f,avx512bw,avx512vnni")]] void multiply_rows(const std::int16_t* pairs,
                                                                  std::size_t n_pairs,
                                                                  std::size_t width,
                                                                  const std::int16_t* x,
                                                                  std::int32_t* out) {
    std::size_t j = 0;
    for (; j + 16 * kTile <= width; j += 16 * kTile)
        multiply_tile<kRowsHere, kTile>(pairs + 2 * j, n_pairs, width, x, out + j);
    const std::int16_t* rest = pairs + 2 * j;  // one pass over the rows for what is left
    switch ((width - j) / 16) {
        case 1:
            return multiply_tile<kRowsHere, 1>(rest, n_pairs, width, x, out + j);
        case 2:
            return multiply_tile<kRowsHere, 2>(rest, n_pairs, width, x, out + j);
        case 3:
            return multiply_tile<kRowsHere, 3>(rest, n_pairs, width, x, out + j);
        default:
            return;
    }
}

[[gnu::target("avx512f,avx512bw,avx512vnni")]] void multiply(const std::int16_t* pairs,
                                                             std::size_t n_pairs, std::size_t width,
                                                             const std::int16_t* x,
                                                             std::size_t n_rows,
                                                             std::int32_t* out) {
    std::size_t r = 0;
    for (; r + kRows <= n_rows; r += kRows)
        multiply_rows<kRows>(pairs, n_pairs, width, x + 2 * r * n_pairs, out + r * width);
    for (; r < n_rows; ++r)
        multiply_rows<1>(pairs, n_pairs, width, x + 2 * r * n_pairs, out + r * width);
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
