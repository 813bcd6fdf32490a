// NEON: four registers hold one word of 32 codes.
//
//   eor, cnt   bits set in each byte of codes xor query
//   add        byte sums, widened pairwise (uadalp: the two bytes of a word) before they overflow
//   tbl        16 table entries looked up by 16 nibbles, for float queries
#include "kernels/search/table.h"

#if defined(__aarch64__) || defined(_M_ARM64)
#include <arm_neon.h>

namespace iiq {
namespace {

constexpr std::size_t kTile = 4;   // queries that share a load of codes
constexpr std::size_t kPart = 31;  // words whose counts of at most 8 fit a byte

constexpr std::size_t words(std::size_t n_bits) { return (n_bits + 15) / 16; }
std::size_t query_bytes(std::size_t n_bits) { return (2 * words(n_bits) + 63) / 64 * 64; }
std::size_t table_bytes(std::size_t n_bits) { return 64 * words(n_bits); }
std::size_t no_scratch(std::size_t) { return 0; }
std::size_t run_blocks(std::size_t n_bits) { return 1 + 16384 / (64 * words(n_bits)); }

// Sums of 32 codes, eight a register.
struct Sums {
    uint16x8_t eight[4];
};

inline Sums no_sums() { return {{vdupq_n_u16(0), vdupq_n_u16(0), vdupq_n_u16(0), vdupq_n_u16(0)}}; }

// As sums, but in bytes: of kPart words at most.
struct Bytes {
    uint8x16_t sixteen[4];
};

// Add the distances over word w of n queries, `stride` words apart, to their bytes.
template <std::size_t n>
inline void add_word(const std::uint16_t* query, std::size_t stride, const std::uint8_t* block,
                     std::size_t w, Bytes bytes[n]) {
    uint8x16_t codes[4];
    for (int r = 0; r < 4; ++r) codes[r] = vld1q_u8(block + 64 * w + 16 * r);
    for (std::size_t i = 0; i < n; ++i) {
        const uint8x16_t q = vreinterpretq_u8_u16(vdupq_n_u16(query[i * stride + w]));
        for (int r = 0; r < 4; ++r)
            bytes[i].sixteen[r] = vaddq_u8(bytes[i].sixteen[r], vcntq_u8(veorq_u8(codes[r], q)));
    }
}

// Add the distances over words first .. last - 1 of n queries, `stride` words apart, to their sums.
template <std::size_t n>
inline void add_distances(const std::uint16_t* query, std::size_t stride, const std::uint8_t* block,
                          std::size_t first, std::size_t last, Sums sums[n]) {
    for (std::size_t start = first; start < last; start += kPart) {
        const std::size_t stop = start + kPart < last ? start + kPart : last;
        Bytes bytes[n];
        for (std::size_t i = 0; i < n; ++i)
            for (int r = 0; r < 4; ++r) bytes[i].sixteen[r] = vdupq_n_u8(0);
        for (std::size_t w = start; w < stop; ++w) add_word<n>(query, stride, block, w, bytes);
        for (std::size_t i = 0; i < n; ++i)
            for (int r = 0; r < 4; ++r)
                sums[i].eight[r] = vpadalq_u8(sums[i].eight[r], bytes[i].sixteen[r]);
    }
}

void distances(const std::uint16_t* query, const std::uint8_t* blocks, std::size_t n_blocks,
               std::size_t n_words, std::size_t first_word, std::size_t last_word,
               std::uint16_t* out) {
    for (std::size_t b = 0; b < n_blocks; ++b) {
        Sums sums = no_sums();
        add_distances<1>(query, 0, blocks + b * n_words * 64, first_word, last_word, &sums);
        for (int r = 0; r < 4; ++r) vst1q_u16(out + 32 * b + 8 * r, sums.eight[r]);
    }
}

// What the codes' steps add to their sums.
inline void add_steps(const Scan& s, std::size_t q, std::size_t block, Sums& sums) {
    if (!s.steps) return;
    const auto slope = static_cast<std::uint16_t>(s.slopes[q]);
    for (int r = 0; r < 4; ++r) {
        const uint16x8_t steps = vld1q_u16(s.steps + 32 * block + 8 * r);
        const uint16x4_t low = vshrn_n_u32(vmull_n_u16(vget_low_u16(steps), slope), 16);
        const uint16x4_t high = vshrn_n_u32(vmull_n_u16(vget_high_u16(steps), slope), 16);
        sums.eight[r] = vqaddq_u16(sums.eight[r], vcombine_u16(low, high));
    }
}

void report_below(const Scan& s, std::size_t q, std::size_t block, const Sums& sums) {
    const uint16x8_t limit = vdupq_n_u16(static_cast<std::uint16_t>(s.limits[q]));
    uint16x8_t below[4], any = vdupq_n_u16(0);
    for (int r = 0; r < 4; ++r) {
        below[r] = vcltq_u16(sums.eight[r], limit);
        any = vorrq_u16(any, below[r]);
    }
    if (vmaxvq_u16(any) == 0) return;
    constexpr std::uint16_t kBits[8] = {1, 2, 4, 8, 16, 32, 64, 128};
    std::uint16_t out[32];
    std::uint32_t lanes = 0;
    for (int r = 0; r < 4; ++r) {
        vst1q_u16(out + 8 * r, sums.eight[r]);
        lanes |= std::uint32_t{vaddvq_u16(vandq_u16(below[r], vld1q_u16(kBits)))} << 8 * r;
    }
    s.hit(s.sink, q, s.first_block + block, lanes, out);
}

void prepare(const std::uint16_t* query, std::size_t n_bits, std::uint8_t* prepared) {
    auto* out = reinterpret_cast<std::uint16_t*>(prepared);
    for (std::size_t w = 0; w < words(n_bits); ++w) out[w] = query[w];
}

template <std::size_t n>
void scan_tile(const Scan& s, std::size_t q) {
    const std::size_t n_words = words(s.n_bits), stride = query_bytes(s.n_bits) / 2;
    const auto* query = reinterpret_cast<const std::uint16_t*>(s.queries) + q * stride;
    for (std::size_t b = 0; b < s.n_blocks; ++b) {
        Sums sums[n];
        for (std::size_t i = 0; i < n; ++i) sums[i] = no_sums();
        add_distances<n>(query, stride, s.blocks + b * n_words * 64, 0, n_words, sums);
        for (std::size_t i = 0; i < n; ++i) report_below(s, q + i, b, sums[i]);
    }
}

void scan(const Scan& s) {
    std::size_t q = 0;
    for (; q + kTile <= s.n_queries; q += kTile) scan_tile<kTile>(s, q);
    for (; q < s.n_queries; ++q) scan_tile<1>(s, q);
}

// The sum of two entries fits a byte.
inline uint8x16_t look_up(const std::uint8_t* tables, uint8x16_t bytes) {
    const uint8x16_t low = vqtbl1q_u8(vld1q_u8(tables), vandq_u8(bytes, vdupq_n_u8(15)));
    const uint8x16_t high = vqtbl1q_u8(vld1q_u8(tables + 16), vshrq_n_u8(bytes, 4));
    return vaddq_u8(low, high);
}

void scan_tables(const Scan& s) {
    const std::size_t n_words = words(s.n_bits);
    for (std::size_t q = 0; q < s.n_queries; ++q) {
        const std::uint8_t* row = s.blocks;
        for (std::size_t b = 0; b < s.n_blocks; ++b) {
            Sums sums = no_sums();
            const std::uint8_t* tables = s.queries + q * table_bytes(s.n_bits);
            for (std::size_t w = 0; w < n_words; ++w, row += 64, tables += 64)
                for (int half = 0; half < 2; ++half) {
                    // the low and the high bytes of 16 words
                    const uint8x16x2_t bytes = vld2q_u8(row + 32 * half);
                    for (int i = 0; i < 2; ++i) {
                        const uint8x16_t found = look_up(tables + 32 * i, bytes.val[i]);
                        uint16x8_t* to = sums.eight + 2 * half;
                        to[0] = vaddw_u8(to[0], vget_low_u8(found));
                        to[1] = vaddw_u8(to[1], vget_high_u8(found));
                    }
                }
            add_steps(s, q, b, sums);
            report_below(s, q, b, sums);
        }
    }
}

constexpr ScanMethod kScan{"popcount", 1,          1,       kNarrowBits, query_bytes,
                           no_scratch, run_blocks, prepare, scan};
constexpr TableScan kTables{
    {"tables", 1, 1, kNarrowBits, table_bytes, no_scratch, run_blocks, nullptr, scan_tables}, 4, 2};

}  // namespace

const SearchKernels& neon_search() {
    static const SearchKernels kernels{
        distances, kScan, &kScan, 1, &kTables, 1, scalar_search().sum_of_set};
    return kernels;
}

}  // namespace iiq
#endif
