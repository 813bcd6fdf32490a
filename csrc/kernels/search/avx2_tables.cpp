// AVX2, many queries: bits are looked up, four at a time.
//
//   vpshufb ymm        16 entries of a query's table looked up by the nibbles of 32 codes
//   vpaddb ymm         added as bytes, widened to 16 bits before they can overflow
//
// The nibbles of a run of blocks are laid out once for all queries. In each register the even bytes
// belong to codes 0 - 15 of a block and the odd bytes to codes 16 - 31, so widening is a shift.
#include "kernels/search/avx2.h"

#if defined(__x86_64__) || defined(_M_X64)

namespace iiq::avx2 {
namespace {

constexpr std::size_t kTile = 4;  // queries that share a load of nibbles

std::size_t run_blocks(std::size_t n_bits) {
    return 2 * (1 + 16384 / (kNibbleRow * words(n_bits)));
}
std::size_t no_scratch(std::size_t) { return 0; }
// The nibbles of a run, then the packed tables of a tile of queries.
std::size_t scratch_bytes(std::size_t n_bits) {
    return run_blocks(n_bits) * words(n_bits) * kNibbleRow + kTile / 2 * table_bytes(n_bits);
}

[[gnu::target("avx2")]]
void split_run(const Scan& s) {
    const std::size_t n_rows = s.n_blocks * words(s.n_bits);
    for (std::size_t row = 0; row < n_rows; ++row) {
        __m256i nibbles_u8x32[4];
        split_nibbles(s.blocks + 64 * row, nibbles_u8x32);
        auto* to = reinterpret_cast<__m256i*>(s.scratch + kNibbleRow * row);
        for (int i = 0; i < 4; ++i) _mm256_store_si256(to + i, nibbles_u8x32[i]);
    }
}

// The tables of a tile of queries, two by two: entry of the first + 16 * entry of the second.
[[gnu::target("avx2")]]
void pack_tables(const Scan& s, std::size_t q, std::uint8_t* to) {
    const std::size_t stride = table_bytes(s.n_bits);
    for (std::size_t pair = 0; pair < kTile / 2; ++pair) {
        const std::uint8_t* first = s.queries + (q + 2 * pair) * stride;
        for (std::size_t i = 0; i < stride; i += 32, to += 32) {
            const __m256i a = _mm256_load_si256(reinterpret_cast<const __m256i*>(first + i));
            const __m256i b =
                _mm256_load_si256(reinterpret_cast<const __m256i*>(first + stride + i));
            _mm256_store_si256(reinterpret_cast<__m256i*>(to),
                               _mm256_or_si256(a, _mm256_slli_epi16(b, 4)));
        }
    }
}

// Two queries share a lookup: an entry is first + 16 * second, each at most 4, so three of them add
// up without a carry.
//
// Add `n` packed entries (1 to 3) of two pairs of queries for two blocks.
template <int n>
[[gnu::target("avx2")]] inline void add_entries(const std::uint8_t* tables, std::size_t stride,
                                                const std::uint8_t* a, const std::uint8_t* b,
                                                PairSums sums[4]) {
    __m256i packed[4];
    for (int i = 0; i < n; ++i) {
        const __m256i in_a = _mm256_load_si256(reinterpret_cast<const __m256i*>(a) + i);
        const __m256i in_b = _mm256_load_si256(reinterpret_cast<const __m256i*>(b) + i);
        for (int pair = 0; pair < 2; ++pair) {
            const std::uint8_t* table = tables + pair * stride + 16 * i;
            const __m256i found_a = look_up(table, in_a), found_b = look_up(table, in_b);
            packed[2 * pair] = i ? _mm256_add_epi8(packed[2 * pair], found_a) : found_a;
            packed[2 * pair + 1] = i ? _mm256_add_epi8(packed[2 * pair + 1], found_b) : found_b;
        }
    }
    for (int i = 0; i < 4; ++i) add_pair(sums[i], packed[i]);
}

// Add byte sums, taken apart and widened, to those of two queries.
[[gnu::target("avx2")]]
inline void add_apart(Sums& first, Sums& second, const PairSums& sums) {
    const PairBytes bytes = take_apart(sums);
    add_bytes(first, bytes.low_u8x32);
    add_bytes(second, bytes.high_u8x32);
}

// Add the entries of at most 15 words of two blocks, whose sums fit bytes, to the sums of 16 bits.
[[gnu::target("avx2")]]
inline void add_part(const std::uint8_t* tables, std::size_t stride, const std::uint8_t* a,
                     const std::uint8_t* b, std::size_t n_words, Sums sums[2][kTile]) {
    PairSums part[4];
    for (PairSums& p : part) p = {_mm256_setzero_si256(), _mm256_setzero_si256()};
    const std::size_t n = 4 * n_words;
    std::size_t g = 0;
    for (; g + 3 <= n; g += 3)
        add_entries<3>(tables + 16 * g, stride, a + 32 * g, b + 32 * g, part);
    for (; g < n; ++g) add_entries<1>(tables + 16 * g, stride, a + 32 * g, b + 32 * g, part);
    for (std::size_t pair = 0; pair < 2; ++pair) {
        add_apart(sums[0][2 * pair], sums[0][2 * pair + 1], part[2 * pair]);
        add_apart(sums[1][2 * pair], sums[1][2 * pair + 1], part[2 * pair + 1]);
    }
}

// Hamming: four queries, two blocks at a time (the last may be the same block twice).
[[gnu::target("avx2")]]
void scan_small_tile(const Scan& s, std::size_t q) {
    constexpr std::size_t kPart = 15;
    const std::size_t n_words = words(s.n_bits), stride = table_bytes(s.n_bits);
    std::uint8_t* tables = s.scratch + run_blocks(s.n_bits) * n_words * kNibbleRow;
    pack_tables(s, q, tables);
    for (std::size_t block = 0; block < s.n_blocks; block += 2) {
        const std::size_t next = block + 1 < s.n_blocks ? block + 1 : block;
        const std::uint8_t* a = s.scratch + block * n_words * kNibbleRow;
        const std::uint8_t* b = s.scratch + next * n_words * kNibbleRow;
        Sums sums[2][kTile] = {};
        for (std::size_t w = 0; w < n_words; w += kPart) {
            const std::size_t n = n_words - w < kPart ? n_words - w : kPart;
            add_part(tables + 64 * w, stride, a + kNibbleRow * w, b + kNibbleRow * w, n, sums);
        }
        for (std::size_t i = 0; i < kTile; ++i) {
            report_below(s, q + i, block, sums[0][i]);
            if (next != block) report_below(s, q + i, next, sums[1][i]);
        }
    }
}

// The sum of the four entries of a word, which may need 16 bits; two fit a byte.
[[gnu::target("avx2")]]
inline void add_wide(Sums& sums, const std::uint8_t* table, const __m256i nibbles_u8x32[4]) {
    for (int half = 0; half < 2; ++half, table += 32) {
        const __m256i pair_u8x32 =
            _mm256_add_epi8(look_up(table, nibbles_u8x32[2 * half]),
                            look_up(table + 16, nibbles_u8x32[2 * half + 1]));
        add_pairs(sums, pair_u8x32);
    }
}

// One query straight from the codes.
[[gnu::target("avx2")]]
void scan_wide_one(const Scan& s, std::size_t q) {
    constexpr std::size_t kAhead = 8192;
    const std::size_t n_words = words(s.n_bits);
    const std::uint8_t* tables = s.queries + q * table_bytes(s.n_bits);
    const std::uint8_t* row = s.blocks;
    for (std::size_t block = 0; block < s.n_blocks; ++block) {
        Sums sums{_mm256_setzero_si256(), _mm256_setzero_si256()};
        for (std::size_t w = 0; w < n_words; ++w, row += 64) {
            _mm_prefetch(reinterpret_cast<const char*>(row + kAhead), _MM_HINT_T0);
            __m256i nibbles_u8x32[4];
            split_nibbles(row, nibbles_u8x32);
            add_wide(sums, tables + 64 * w, nibbles_u8x32);
        }
        clear_odd_bytes(sums);
        add_steps(sums, s, q, block);
        report_below(s, q, block, sums);
    }
}

// A query's Hamming distance as tables: bits set in the nibble xor the query's nibble.
void prepare_small(const std::uint16_t* query, std::size_t n_bits, std::uint8_t* prepared) {
    constexpr std::uint8_t kCounts[16] = {0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4};
    for (std::size_t g = 0; g < 4 * words(n_bits); ++g) {
        const unsigned nibble = query[g / 4] >> 4 * (g % 4) & 15;
        for (unsigned code = 0; code < 16; ++code) prepared[16 * g + code] = kCounts[code ^ nibble];
    }
}

void scan_small(const Scan& s) {
    split_run(s);
    std::size_t q = 0;
    for (; q + kTile <= s.n_queries; q += kTile) scan_small_tile(s, q);
    for (; q < s.n_queries; ++q) scan_wide_one(s, q);
}

void scan_wide(const Scan& s) {
    for (std::size_t q = 0; q < s.n_queries; ++q) scan_wide_one(s, q);
}

}  // namespace

const ScanMethod kSmallTables{
    "lookup", 8, 1, kNarrowBits, table_bytes, scratch_bytes, run_blocks, prepare_small, scan_small};
const TableScan kTables{
    {"tables", 1, 1, kNarrowBits, table_bytes, no_scratch, run_blocks, nullptr, scan_wide}, 4, 2};

}  // namespace iiq::avx2
#endif
