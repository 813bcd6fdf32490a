// AVX-512 with VBMI, one float query or a few: the codes stream from memory.
//
//   vpternlogd   the nibbles of the bytes of 32 codes, and which of the word's four groups each is
//   vpermb       the four tables of a word, 64 entries, looked up by these six bits
//   vpmaddubsw   the sums of the two bytes of a word, in 16 bits
#include "kernels/search/avx512.h"

#if defined(__x86_64__) || defined(_M_X64)

namespace iiq::avx512 {
namespace {

constexpr std::size_t words(std::size_t n_bits) { return (n_bits + 15) / 16; }
std::size_t table_bytes(std::size_t n_bits) { return 64 * words(n_bits); }
std::size_t no_scratch(std::size_t) { return 0; }
std::size_t run_blocks(std::size_t n_bits) { return 1 + 16384 / (64 * words(n_bits)); }

// The entries of a word, added for each of 32 codes. Those of each byte fit a byte.
[[gnu::target("avx512f,avx512bw,avx512vl,avx512vbmi")]]
inline __m512i look_up(const std::uint8_t* tables, const std::uint8_t* row) {
    const __m512i nibble = _mm512_set1_epi8(15), entries = _mm512_loadu_si512(tables);
    const __m512i low_groups = _mm512_set1_epi16(0x2000), high_groups = _mm512_set1_epi16(0x3010);
    constexpr int kAndOr = 0xEA;  // (a & b) | c
    const __m512i codes = _mm512_loadu_si512(row), high_codes = _mm512_srli_epi16(codes, 4);
    const __m512i low = _mm512_ternarylogic_epi32(codes, nibble, low_groups, kAndOr);
    const __m512i high = _mm512_ternarylogic_epi32(high_codes, nibble, high_groups, kAndOr);
    const __m512i bytes_u8x64 = _mm512_add_epi8(_mm512_permutexvar_epi8(low, entries),
                                                _mm512_permutexvar_epi8(high, entries));
    return _mm512_maddubs_epi16(bytes_u8x64, _mm512_set1_epi8(1));
}

[[gnu::target("avx512f,avx512bw,avx512vl,avx512vbmi")]]
void scan_query(const Scan& s, std::size_t q) {
    constexpr std::size_t kAhead = 8192;
    const std::size_t n_words = words(s.n_bits);
    const std::uint8_t* tables = s.queries + q * table_bytes(s.n_bits);
    const std::uint8_t* row = s.blocks;
    for (std::size_t block = 0; block < s.n_blocks; ++block) {
        __m512i sums_u16x32 = _mm512_setzero_si512();
        for (std::size_t w = 0; w < n_words; ++w, row += 64) {
            _mm_prefetch(reinterpret_cast<const char*>(row + kAhead), _MM_HINT_T0);
            sums_u16x32 = _mm512_add_epi16(sums_u16x32, look_up(tables + 64 * w, row));
        }
        report_below(s, q, block, sums_u16x32);
    }
}

void scan(const Scan& s) {
    for (std::size_t q = 0; q < s.n_queries; ++q) scan_query(s, q);
}

}  // namespace

const TableScan kTables{
    {"tables", 1, 1, kNarrowBits, table_bytes, no_scratch, run_blocks, nullptr, scan}, 4, 2};

}  // namespace iiq::avx512
#endif
