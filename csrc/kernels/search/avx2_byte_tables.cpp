// AVX2, many float queries: table entries looked up by four bits, as in avx2_tables.cpp, but the
// entries are small enough that those of a part, several groups, add up as bytes.
//
//   vpshufb ymm   16 entries of a query's table looked up by the nibbles of 32 codes
//   vpaddb ymm    added as bytes within a part, widened to 16 bits after it
//
// The nibbles of a run of blocks are laid out once for all queries.
#include "kernels/search/avx2.h"

#if defined(__x86_64__) || defined(_M_X64)

namespace iiq::avx2 {
namespace {

constexpr std::size_t kGroupBits = 4;
constexpr std::size_t kPartGroups = 8;
constexpr std::size_t kTogether = 4;  // blocks that are summed together

constexpr std::size_t groups(std::size_t n_bits) { return (n_bits + kGroupBits - 1) / kGroupBits; }

std::size_t run_blocks(std::size_t n_bits) {
    return kTogether * (1 + 16384 / (kTogether * kNibbleRow * words(n_bits)));
}
std::size_t scratch_bytes(std::size_t n_bits) {
    return run_blocks(n_bits) * kNibbleRow * words(n_bits);
}

// The nibbles of several blocks side by side, group after group; blocks that are not there are the
// last one again.
[[gnu::target("avx2")]]
void lay_out(const Scan& s) {
    const std::size_t n_words = words(s.n_bits);
    std::uint8_t* to = s.scratch;
    for (std::size_t block = 0; block < s.n_blocks; block += kTogether)
        for (std::size_t w = 0; w < n_words; ++w, to += kTogether * kNibbleRow)
            for (std::size_t i = 0; i < kTogether; ++i) {
                const std::size_t b = block + i < s.n_blocks ? block + i : s.n_blocks - 1;
                __m256i nibbles_u8x32[4];
                split_nibbles(s.blocks + 64 * (b * n_words + w), nibbles_u8x32);
                for (std::size_t g = 0; g < 4; ++g)
                    _mm256_store_si256(reinterpret_cast<__m256i*>(to) + g * kTogether + i,
                                       nibbles_u8x32[g]);
            }
}

// A register for each block that is summed together. Named, not an array: they stay in registers.
struct Four {
    __m256i a, b, c, d;
};
struct FourSums {
    Sums a, b, c, d;
};

// GCC would regroup additions and copy registers.
[[gnu::target("avx2")]]
inline void in_this_order([[maybe_unused]] Four& sums) {
#if defined(__GNUC__)
    asm("" : "+x"(sums.a), "+x"(sums.b), "+x"(sums.c), "+x"(sums.d));
#endif
}

// Add n groups, a part, whose sums are bytes.
template <std::size_t n>
[[gnu::target("avx2")]] inline void add_groups(FourSums& sums, const std::uint8_t*& table,
                                               const std::uint8_t*& nibbles) {
    const __m256i zero = _mm256_setzero_si256();
    Four bytes_u8x32 = {zero, zero, zero, zero};
    for (std::size_t g = 0; g < n; ++g, table += 16, nibbles += 32 * kTogether) {
        const auto* in = reinterpret_cast<const __m256i*>(nibbles);
        bytes_u8x32.a = _mm256_add_epi8(bytes_u8x32.a, look_up(table, _mm256_load_si256(in)));
        bytes_u8x32.b = _mm256_add_epi8(bytes_u8x32.b, look_up(table, _mm256_load_si256(in + 1)));
        bytes_u8x32.c = _mm256_add_epi8(bytes_u8x32.c, look_up(table, _mm256_load_si256(in + 2)));
        bytes_u8x32.d = _mm256_add_epi8(bytes_u8x32.d, look_up(table, _mm256_load_si256(in + 3)));
        in_this_order(bytes_u8x32);
    }
    add_pairs(sums.a, bytes_u8x32.a);
    add_pairs(sums.b, bytes_u8x32.b);
    add_pairs(sums.c, bytes_u8x32.c);
    add_pairs(sums.d, bytes_u8x32.d);
}

[[gnu::target("avx2")]] [[gnu::noinline]]
void report_together(const Scan& s, std::size_t q, std::size_t block, const FourSums sums) {
    const Sums of[kTogether] = {sums.a, sums.b, sums.c, sums.d};
    for (std::size_t i = 0; i < kTogether && block + i < s.n_blocks; ++i)
        report_below(s, q, block + i, of[i]);
}

// Finish the sums of a block: the least ones of its halves.
[[gnu::target("avx2")]]
inline __m256i finished(const Scan& s, std::size_t q, std::size_t block, Sums& sums) {
    clear_odd_bytes(sums);
    add_steps(sums, s, q, block);
    return _mm256_min_epu16(sums.low_u16x16, sums.high_u16x16);
}

// One query over several blocks, the last part of which has `tail` groups. Mostly none of the sums
// is below the limit.
template <std::size_t tail>
[[gnu::target("avx2")]] inline void scan_together(const Scan& s, std::size_t q, std::size_t block,
                                                  const std::uint8_t* nibbles) {
    const std::uint8_t* table = s.queries + q * table_bytes(s.n_bits);
    const Sums none = {_mm256_setzero_si256(), _mm256_setzero_si256()};
    FourSums sums = {none, none, none, none};
    for (std::size_t part = groups(s.n_bits) / kPartGroups; part > 0; --part)
        add_groups<kPartGroups>(sums, table, nibbles);
    if constexpr (tail > 0) add_groups<tail>(sums, table, nibbles);
    const __m256i first =
        _mm256_min_epu16(finished(s, q, block, sums.a), finished(s, q, block + 1, sums.b));
    const __m256i second =
        _mm256_min_epu16(finished(s, q, block + 2, sums.c), finished(s, q, block + 3, sums.d));
    const __m256i least_u16x16 = _mm256_min_epu16(first, second);
    if (lanes_below({least_u16x16, least_u16x16}, s.limits[q])) report_together(s, q, block, sums);
}

template <std::size_t tail>
[[gnu::target("avx2")]] void scan_laid_out(const Scan& s) {
    const std::size_t stride = kTogether * kNibbleRow * words(s.n_bits);
    for (std::size_t q = 0; q < s.n_queries; ++q)
        for (std::size_t block = 0; block < s.n_blocks; block += kTogether)
            scan_together<tail>(s, q, block, s.scratch + block / kTogether * stride);
}

void scan(const Scan& s) {
    using ScanLaidOut = void (*)(const Scan&);
    constexpr ScanLaidOut kScans[kPartGroups] = {
        scan_laid_out<0>, scan_laid_out<1>, scan_laid_out<2>, scan_laid_out<3>,
        scan_laid_out<4>, scan_laid_out<5>, scan_laid_out<6>, scan_laid_out<7>};
    lay_out(s);
    kScans[groups(s.n_bits) % kPartGroups](s);
}

}  // namespace

const TableScan kByteTables{
    {"byte tables", 8, 1, kNarrowBits, table_bytes, scratch_bytes, run_blocks, nullptr, scan},
    kGroupBits,
    kPartGroups};

}  // namespace iiq::avx2
#endif
