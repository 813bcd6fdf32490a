// What the two AVX2 files of the search share: the sums of a block and their report. Included by
// them alone.
#pragma once

#include "kernels/search/table.h"

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>

namespace iiq::avx2 {

constexpr std::size_t words(std::size_t n_bits) { return (n_bits + 15) / 16; }

// A prepared query of tables: 16 entries for each of the 4 nibbles of a word.
constexpr std::size_t table_bytes(std::size_t n_bits) { return 64 * words(n_bits); }

constexpr std::size_t kNibbleRow = 128;  // bytes: nibbles of one word of 32 codes

// Sums of 32 codes: the low and the high 16 of them.
struct Sums {
    __m256i low_u16x16, high_u16x16;
};

// Add byte sums whose even bytes belong to the low codes and whose odd bytes to the high ones.
[[gnu::target("avx2")]]
static inline void add_bytes(Sums& sums, __m256i bytes_u8x32) {
    const __m256i even = _mm256_and_si256(bytes_u8x32, _mm256_set1_epi16(0x00FF));
    sums.low_u16x16 = _mm256_add_epi16(sums.low_u16x16, even);
    sums.high_u16x16 = _mm256_add_epi16(sums.high_u16x16, _mm256_srli_epi16(bytes_u8x32, 8));
}

// Byte sums of pairs: low + 16 * high, where low and high may be those of two queries or of two
// codes. What is added (three counts of at most 4 or 5 in each half) has no carry between the
// halves; the sums do, so they are kept twice, as they are and shifted by four bits in words of 16.
// With e the even and o the odd byte of such a word they hold, modulo 256,
//     plain:   low_e + 16 high_e,  low_o + 16 high_o
//     shifted: high_e + 16 low_o,  high_o
// from which all four (below 256) follow, the last one first.
struct PairSums {
    __m256i plain_u8x32, shifted_u8x32;
};
struct PairBytes {
    __m256i low_u8x32, high_u8x32;
};

[[gnu::target("avx2")]]
static inline void add_pair(PairSums& sums, __m256i packed_u8x32) {
    sums.plain_u8x32 = _mm256_add_epi8(sums.plain_u8x32, packed_u8x32);
    sums.shifted_u8x32 = _mm256_add_epi8(sums.shifted_u8x32, _mm256_srli_epi16(packed_u8x32, 4));
}

[[gnu::target("avx2")]]
static inline PairBytes take_apart(const PairSums& sums) {
    const __m256i even = _mm256_set1_epi16(0x00FF);
    const __m256i high_o = _mm256_andnot_si256(even, sums.shifted_u8x32);
    const __m256i low_o = _mm256_sub_epi8(sums.plain_u8x32, _mm256_slli_epi16(high_o, 4));
    const __m256i carry = _mm256_and_si256(_mm256_srli_epi16(low_o, 4), _mm256_set1_epi16(0xF0));
    const __m256i high = _mm256_sub_epi8(sums.shifted_u8x32, carry);
    const __m256i high_e = _mm256_and_si256(_mm256_slli_epi16(high, 4), even);
    return {_mm256_sub_epi8(low_o, high_e), high};
}

// What the codes' steps add to the sums of a block (to any, where it is not in the run: Scan).
[[gnu::target("avx2")]]
static inline void add_steps(Sums& sums, const Scan& s, std::size_t query, std::size_t block) {
    if (!s.steps) return;
    const std::size_t there = block < s.n_blocks ? block : s.n_blocks - 1;
    const auto* steps = reinterpret_cast<const __m256i*>(s.steps + 32 * there);
    const __m256i slope = _mm256_set1_epi16(static_cast<short>(s.slopes[query]));
    const __m256i low = _mm256_mulhi_epu16(_mm256_loadu_si256(steps), slope);
    const __m256i high = _mm256_mulhi_epu16(_mm256_loadu_si256(steps + 1), slope);
    sums.low_u16x16 = _mm256_adds_epu16(sums.low_u16x16, low);
    sums.high_u16x16 = _mm256_adds_epu16(sums.high_u16x16, high);
}

// Bit i: sum i < limit, that is, sum - (limit - 1) saturates to zero. A limit of 0 hits nothing.
[[gnu::target("avx2")]]
static inline std::uint32_t lanes_below(const Sums& sums, std::uint32_t limit) {
    if (limit == 0) return 0;
    const __m256i most = _mm256_set1_epi16(static_cast<short>(limit - 1));
    const __m256i zero = _mm256_setzero_si256();
    const __m256i low = _mm256_cmpeq_epi16(_mm256_subs_epu16(sums.low_u16x16, most), zero);
    const __m256i high = _mm256_cmpeq_epi16(_mm256_subs_epu16(sums.high_u16x16, most), zero);
    const __m256i both = _mm256_permute4x64_epi64(_mm256_packs_epi16(low, high), 0xD8);
    return static_cast<std::uint32_t>(_mm256_movemask_epi8(both));
}

[[gnu::target("avx2")]]
static inline void report(const Scan& s, std::size_t query, std::size_t block, std::uint32_t lanes,
                          const Sums& sums) {
    alignas(32) std::uint16_t out[32];
    _mm256_store_si256(reinterpret_cast<__m256i*>(out), sums.low_u16x16);
    _mm256_store_si256(reinterpret_cast<__m256i*>(out + 16), sums.high_u16x16);
    s.hit(s.sink, query, s.first_block + block, lanes, out);
}

// The four nibbles of each word of 32 codes.
[[gnu::target("avx2")]]
static inline void split_nibbles(const std::uint8_t* row, __m256i nibbles_u8x32[4]) {
    const __m256i low_byte = _mm256_set1_epi16(0x00FF), nibble = _mm256_set1_epi8(15);
    const auto* from = reinterpret_cast<const __m256i*>(row);
    const __m256i first = _mm256_loadu_si256(from), second = _mm256_loadu_si256(from + 1);
    const __m256i low_u8x32 =
        _mm256_or_si256(_mm256_and_si256(first, low_byte), _mm256_slli_epi16(second, 8));
    const __m256i high_u8x32 =
        _mm256_or_si256(_mm256_srli_epi16(first, 8), _mm256_andnot_si256(low_byte, second));
    nibbles_u8x32[0] = _mm256_and_si256(low_u8x32, nibble);
    nibbles_u8x32[1] = _mm256_and_si256(_mm256_srli_epi16(low_u8x32, 4), nibble);
    nibbles_u8x32[2] = _mm256_and_si256(high_u8x32, nibble);
    nibbles_u8x32[3] = _mm256_and_si256(_mm256_srli_epi16(high_u8x32, 4), nibble);
}

// 16 entries looked up by the nibbles of 32 codes.
[[gnu::target("avx2")]]
static inline __m256i look_up(const std::uint8_t* table, __m256i nibbles_u8x32) {
    const __m128i entries = _mm_load_si128(reinterpret_cast<const __m128i*>(table));
    return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(entries), nibbles_u8x32);
}

// Add byte sums. low_u16x16 takes both bytes of a word and is cleared of the odd ones at the end.
[[gnu::target("avx2")]]
static inline void add_pairs(Sums& sums, __m256i bytes_u8x32) {
    sums.low_u16x16 = _mm256_add_epi16(sums.low_u16x16, bytes_u8x32);
    sums.high_u16x16 = _mm256_add_epi16(sums.high_u16x16, _mm256_srli_epi16(bytes_u8x32, 8));
}

[[gnu::target("avx2")]]
static inline void clear_odd_bytes(Sums& sums) {
    sums.low_u16x16 = _mm256_sub_epi16(sums.low_u16x16, _mm256_slli_epi16(sums.high_u16x16, 8));
}

// Report what is below the limit.
[[gnu::target("avx2")]]
static inline void report_below(const Scan& s, std::size_t q, std::size_t block, const Sums& sums) {
    const std::uint32_t lanes = lanes_below(sums, s.limits[q]);
    if (lanes) report(s, q, block, lanes, sums);
}

extern const ScanMethod kSmallTables;  // Hamming by lookup
extern const ScanMethod kCodeTables;   // Hamming, tables of the codes: for many queries
extern const TableScan kTables;        // float queries, for few of them
extern const TableScan kByteTables;    // and for many

}  // namespace iiq::avx2
#endif
