// What the AVX-512 files of the search share. Included by them alone.
#pragma once

#include "kernels/search/table.h"

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>

namespace iiq::avx512 {

// Sums of a block (any, where it is not in the run) with what the codes' steps add to them (Scan).
[[gnu::target("avx512f,avx512bw,avx512vl")]]
static inline __m512i with_steps(const Scan& s, std::size_t q, std::size_t block,
                                 __m512i sums_u16x32) {
    if (!s.steps) return sums_u16x32;
    const __m512i slope = _mm512_set1_epi16(static_cast<short>(s.slopes[q]));
    const std::size_t there = block < s.n_blocks ? block : s.n_blocks - 1;
    const __m512i steps = _mm512_loadu_si512(s.steps + 32 * there);
    return _mm512_adds_epu16(sums_u16x32, _mm512_mulhi_epu16(steps, slope));
}

// Add the steps and report what is below the limit.
[[gnu::target("avx512f,avx512bw,avx512vl")]]
static inline void report_below(const Scan& s, std::size_t q, std::size_t block,
                                __m512i sums_u16x32) {
    sums_u16x32 = with_steps(s, q, block, sums_u16x32);
    const __m512i limit = _mm512_set1_epi16(static_cast<short>(s.limits[q]));
    const std::uint32_t lanes = _mm512_cmplt_epu16_mask(sums_u16x32, limit);
    if (!lanes) return;
    alignas(64) std::uint16_t sums[32];
    _mm512_store_si512(sums, sums_u16x32);
    s.hit(s.sink, q, s.first_block + block, lanes, sums);
}

extern const ScanMethod kPlanes;     // Hamming, for many queries
extern const TableScan kTables;      // float queries, for few of them
extern const TableScan kByteTables;  // and for many

}  // namespace iiq::avx512
#endif
