// AVX-512, float queries: table entries looked up by four bits of 64 codes at once.
//
//   vpternlogd     the same byte of two blocks' words in one register: even bytes of the first
//   block,
//                  odd bytes of the second, so that widening to 16 bits is a shift
//   vpshufb zmm    16 entries looked up by 64 nibbles
//   vpaddb, vpaddw entries are at most 127, so two fit a byte; then 16-bit sums
#include "kernels/search/avx512.h"

#if defined(__x86_64__) || defined(_M_X64)

namespace iiq::avx512 {
namespace {

constexpr std::size_t words(std::size_t n_bits) { return (n_bits + 15) / 16; }
std::size_t table_bytes(std::size_t n_bits) { return 64 * words(n_bits); }
std::size_t no_scratch(std::size_t) { return 0; }
std::size_t run_blocks(std::size_t n_bits) { return 2 * (1 + 8192 / (64 * words(n_bits))); }

// Sums of two blocks. `first` holds, until clear_odd_bytes, 256 times the sum of `second` too.
struct Sums {
    __m512i first_u16x32, second_u16x32;
};

[[gnu::target("avx512f,avx512bw,avx512vl")]]
inline void split_nibbles(const std::uint8_t* first, const std::uint8_t* second,
                          __m512i nibbles_u8x64[4]) {
    const __m512i even = _mm512_set1_epi16(0x00FF), nibble = _mm512_set1_epi8(15);
    const __m512i a = _mm512_loadu_si512(first), b = _mm512_loadu_si512(second);
    constexpr int kSelect = 0xCA;  // where the mask is set the second operand, else the third
    const __m512i low = _mm512_ternarylogic_epi32(even, a, _mm512_slli_epi16(b, 8), kSelect);
    const __m512i high = _mm512_ternarylogic_epi32(even, _mm512_srli_epi16(a, 8), b, kSelect);
    nibbles_u8x64[0] = _mm512_and_si512(low, nibble);
    nibbles_u8x64[1] = _mm512_and_si512(_mm512_srli_epi16(low, 4), nibble);
    nibbles_u8x64[2] = _mm512_and_si512(high, nibble);
    nibbles_u8x64[3] = _mm512_and_si512(_mm512_srli_epi16(high, 4), nibble);
}

[[gnu::target("avx512f,avx512bw,avx512vl")]]
inline __m512i look_up(const std::uint8_t* table, __m512i nibbles_u8x64) {
    const __m128i entries = _mm_load_si128(reinterpret_cast<const __m128i*>(table));
    return _mm512_shuffle_epi8(_mm512_broadcast_i32x4(entries), nibbles_u8x64);
}

[[gnu::target("avx512f,avx512bw,avx512vl")]]
inline void add_word(Sums& sums, const std::uint8_t* tables, const __m512i nibbles_u8x64[4]) {
    for (int half = 0; half < 2; ++half, tables += 32) {
        const __m512i pair = _mm512_add_epi8(look_up(tables, nibbles_u8x64[2 * half]),
                                             look_up(tables + 16, nibbles_u8x64[2 * half + 1]));
        sums.first_u16x32 = _mm512_add_epi16(sums.first_u16x32, pair);
        sums.second_u16x32 = _mm512_add_epi16(sums.second_u16x32, _mm512_srli_epi16(pair, 8));
    }
}

[[gnu::target("avx512f,avx512bw,avx512vl")]]
inline void report_below(const Scan& s, std::size_t q, std::size_t block, __m512i sums_u16x32) {
    if (s.steps) {
        const __m512i slope = _mm512_set1_epi16(static_cast<short>(s.slopes[q]));
        const __m512i steps = _mm512_loadu_si512(s.steps + 32 * block);
        sums_u16x32 = _mm512_adds_epu16(sums_u16x32, _mm512_mulhi_epu16(steps, slope));
    }
    const __m512i limit = _mm512_set1_epi16(static_cast<short>(s.limits[q]));
    const std::uint32_t lanes = _mm512_cmplt_epu16_mask(sums_u16x32, limit);
    if (!lanes) return;
    alignas(64) std::uint16_t sums[32];
    _mm512_store_si512(sums, sums_u16x32);
    s.hit(s.sink, q, s.first_block + block, lanes, sums);
}

// n queries over two blocks at a time (the last may be the same block twice).
template <std::size_t n>
[[gnu::target("avx512f,avx512bw,avx512vl")]] void scan_tile(const Scan& s, std::size_t q) {
    constexpr std::size_t kAhead = 8192;
    const std::size_t n_words = words(s.n_bits), stride = table_bytes(s.n_bits);
    for (std::size_t block = 0; block < s.n_blocks; block += 2) {
        const std::size_t next = block + 1 < s.n_blocks ? block + 1 : block;
        const std::uint8_t* a = s.blocks + block * n_words * 64;
        const std::uint8_t* b = s.blocks + next * n_words * 64;
        const std::uint8_t* tables = s.queries + q * stride;
        Sums sums[n];
        for (Sums& sum : sums) sum = {_mm512_setzero_si512(), _mm512_setzero_si512()};
        for (std::size_t w = 0; w < n_words; ++w, a += 64, b += 64, tables += 64) {
            _mm_prefetch(reinterpret_cast<const char*>(a + kAhead), _MM_HINT_T0);
            _mm_prefetch(reinterpret_cast<const char*>(b + kAhead), _MM_HINT_T0);
            __m512i nibbles_u8x64[4];
            split_nibbles(a, b, nibbles_u8x64);
            for (std::size_t i = 0; i < n; ++i)
                add_word(sums[i], tables + i * stride, nibbles_u8x64);
        }
        for (std::size_t i = 0; i < n; ++i) {
            const __m512i second = sums[i].second_u16x32;
            const __m512i first =
                _mm512_sub_epi16(sums[i].first_u16x32, _mm512_slli_epi16(second, 8));
            report_below(s, q + i, block, first);
            if (next != block) report_below(s, q + i, next, second);
        }
    }
}

void scan(const Scan& s) {
    constexpr std::size_t kTile = 4;
    std::size_t q = 0;
    for (; q + kTile <= s.n_queries; q += kTile) scan_tile<kTile>(s, q);
    for (; q < s.n_queries; ++q) scan_tile<1>(s, q);
}

}  // namespace

const ScanMethod kTables{"tables",   1,          1,       kNarrowBits, table_bytes,
                         no_scratch, run_blocks, nullptr, scan};

}  // namespace iiq::avx512
#endif
