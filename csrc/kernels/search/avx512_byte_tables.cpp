// AVX-512 with VBMI, many float queries: table entries looked up by six bits of 64 codes at once.
//
//   vpermb zmm   64 entries of a query's table looked up by six bits of 64 codes
//   vpaddb zmm   added as bytes within a part, widened to 16 bits after it
//
// The groups of six bits are laid out once for all queries of a run of blocks: a byte for each of
// 64 codes, even bytes of one block, odd ones of the next, so that widening is a shift.
#include "kernels/search/avx512.h"

#if defined(__x86_64__) || defined(_M_X64)

#define IIQ_BYTES gnu::target("avx512f,avx512bw,avx512vl,avx512vbmi")

namespace iiq::avx512 {
namespace {

constexpr std::size_t kGroupBits = 6;
constexpr std::size_t kPartGroups = 6;
constexpr std::size_t kTable = 64;    // bytes of a group: entries of a query, bits of 64 codes
constexpr std::size_t kTogether = 4;  // registers of 64 codes that are summed together
constexpr std::size_t kBlocks = 2 * kTogether;

constexpr std::size_t words(std::size_t n_bits) { return (n_bits + 15) / 16; }
constexpr std::size_t groups(std::size_t n_bits) { return (n_bits + kGroupBits - 1) / kGroupBits; }

std::size_t query_bytes(std::size_t n_bits) { return kTable * groups(n_bits); }
std::size_t run_blocks(std::size_t n_bits) {
    return kBlocks * (1 + 8192 / (kTogether * query_bytes(n_bits)));
}
std::size_t scratch_bytes(std::size_t n_bits) {
    return run_blocks(n_bits) / 2 * query_bytes(n_bits);
}

// A group of bits of the 32 codes of a block.
[[IIQ_BYTES]]
inline __m512i group_bits(const std::uint8_t* block, std::size_t n_words, std::size_t group) {
    const std::size_t bit = group * kGroupBits, w = bit / 16;
    const __m128i right = _mm_cvtsi64_si128(static_cast<long long>(bit % 16));
    const __m128i left = _mm_cvtsi64_si128(static_cast<long long>(16 - bit % 16));
    __m512i bits = _mm512_srl_epi16(_mm512_loadu_si512(block + 64 * w), right);
    if (w + 1 < n_words)
        bits =
            _mm512_or_si512(bits, _mm512_sll_epi16(_mm512_loadu_si512(block + 64 * w + 64), left));
    return _mm512_and_si512(bits, _mm512_set1_epi16((1 << kGroupBits) - 1));
}

// The groups of a run, register after register of a group; blocks that are not there are the last
// one again.
[[IIQ_BYTES]]
void lay_out(const Scan& s) {
    const std::size_t n_words = words(s.n_bits), n_groups = groups(s.n_bits);
    const auto block = [&](std::size_t b) {
        return s.blocks + 64 * n_words * (b < s.n_blocks ? b : s.n_blocks - 1);
    };
    std::uint8_t* to = s.scratch;
    for (std::size_t first = 0; first < s.n_blocks; first += kBlocks)
        for (std::size_t g = 0; g < n_groups; ++g)
            for (std::size_t b = first; b < first + kBlocks; b += 2, to += kTable) {
                const __m512i even = group_bits(block(b), n_words, g);
                const __m512i odd = group_bits(block(b + 1), n_words, g);
                _mm512_store_si512(to, _mm512_or_si512(even, _mm512_slli_epi16(odd, 8)));
            }
}

// A register for each two of the blocks. Named, not an array: they stay in registers.
struct Four {
    __m512i a, b, c, d;
};

[[IIQ_BYTES]] inline Four zeros() {
    const __m512i zero = _mm512_setzero_si512();
    return {zero, zero, zero, zero};
}

// Sums of the blocks of even and of odd bytes. Those of even ones hold, until the end, 256 times
// the others too.
struct Sums {
    Four even_u16x32, odd_u16x32;
};

[[IIQ_BYTES]] inline void widen(__m512i& even_u16x32, __m512i& odd_u16x32, __m512i bytes_u8x64) {
    even_u16x32 = _mm512_add_epi16(even_u16x32, bytes_u8x64);
    odd_u16x32 = _mm512_add_epi16(odd_u16x32, _mm512_srli_epi16(bytes_u8x64, 8));
}

[[IIQ_BYTES]]
inline __m512i looked_up(__m512i sum_u8x64, __m512i entries, const std::uint8_t* bits) {
    const __m512i found = _mm512_permutexvar_epi8(_mm512_load_si512(bits), entries);
    return _mm512_add_epi8(sum_u8x64, found);
}

// GCC would regroup additions and copy registers.
[[IIQ_BYTES]] inline void in_this_order([[maybe_unused]] Four& sums) {
#if defined(__GNUC__) && !defined(IIQ_EMULATED)
    asm("" : "+v"(sums.a), "+v"(sums.b), "+v"(sums.c), "+v"(sums.d));
#endif
}

// Add n groups, a part.
template <std::size_t n>
[[IIQ_BYTES]] inline void add_part(Sums& sums, const std::uint8_t*& table,
                                   const std::uint8_t*& bits) {
    Four bytes_u8x64 = zeros();
    for (std::size_t g = 0; g < n; ++g, table += kTable, bits += kTable * kTogether) {
        const __m512i entries = _mm512_load_si512(table);
        bytes_u8x64.a = looked_up(bytes_u8x64.a, entries, bits);
        bytes_u8x64.b = looked_up(bytes_u8x64.b, entries, bits + kTable);
        bytes_u8x64.c = looked_up(bytes_u8x64.c, entries, bits + 2 * kTable);
        bytes_u8x64.d = looked_up(bytes_u8x64.d, entries, bits + 3 * kTable);
        in_this_order(bytes_u8x64);
    }
    widen(sums.even_u16x32.a, sums.odd_u16x32.a, bytes_u8x64.a);
    widen(sums.even_u16x32.b, sums.odd_u16x32.b, bytes_u8x64.b);
    widen(sums.even_u16x32.c, sums.odd_u16x32.c, bytes_u8x64.c);
    widen(sums.even_u16x32.d, sums.odd_u16x32.d, bytes_u8x64.d);
}

[[IIQ_BYTES]] [[gnu::noinline]]
void report_together(const Scan& s, std::size_t q, std::size_t block, Four even, Four odd) {
    const __m512i sums_u16x32[kBlocks] = {even.a, odd.a, even.b, odd.b,
                                          even.c, odd.c, even.d, odd.d};
    for (std::size_t i = 0; i < kBlocks && block + i < s.n_blocks; ++i)
        report_below(s, q, block + i, sums_u16x32[i]);
}

[[IIQ_BYTES]] inline __m512i without(__m512i even_u16x32, __m512i odd_u16x32) {
    return _mm512_sub_epi16(even_u16x32, _mm512_slli_epi16(odd_u16x32, 8));
}

// The least of two blocks' sums.
[[IIQ_BYTES]] inline __m512i least(const Scan& s, std::size_t q, std::size_t block,
                                   __m512i even_u16x32, __m512i odd_u16x32) {
    return _mm512_min_epu16(with_steps(s, q, block, even_u16x32),
                            with_steps(s, q, block + 1, odd_u16x32));
}

// One query over several blocks, the last part of which has `tail` groups. Mostly none of the sums
// is below the limit.
template <std::size_t tail>
[[IIQ_BYTES]] inline void scan_together(const Scan& s, std::size_t q, std::size_t block,
                                        const std::uint8_t* bits) {
    const std::uint8_t* table = s.queries + q * query_bytes(s.n_bits);
    Sums sums = {zeros(), zeros()};
    for (std::size_t part = groups(s.n_bits) / kPartGroups; part > 0; --part)
        add_part<kPartGroups>(sums, table, bits);
    if constexpr (tail > 0) add_part<tail>(sums, table, bits);
    const Four odd = sums.odd_u16x32;
    const Four even = {without(sums.even_u16x32.a, odd.a), without(sums.even_u16x32.b, odd.b),
                       without(sums.even_u16x32.c, odd.c), without(sums.even_u16x32.d, odd.d)};
    const __m512i first =
        _mm512_min_epu16(least(s, q, block, even.a, odd.a), least(s, q, block + 2, even.b, odd.b));
    const __m512i second = _mm512_min_epu16(least(s, q, block + 4, even.c, odd.c),
                                            least(s, q, block + 6, even.d, odd.d));
    const __m512i limit = _mm512_set1_epi16(static_cast<short>(s.limits[q]));
    if (_mm512_cmplt_epu16_mask(_mm512_min_epu16(first, second), limit))
        report_together(s, q, block, even, odd);
}

template <std::size_t tail>
[[IIQ_BYTES]] void scan_laid_out(const Scan& s) {
    const std::size_t stride = kTogether * query_bytes(s.n_bits);
    for (std::size_t q = 0; q < s.n_queries; ++q)
        for (std::size_t block = 0; block < s.n_blocks; block += kBlocks)
            scan_together<tail>(s, q, block, s.scratch + block / kBlocks * stride);
}

void scan(const Scan& s) {
    using ScanLaidOut = void (*)(const Scan&);
    constexpr ScanLaidOut kScans[kPartGroups] = {scan_laid_out<0>, scan_laid_out<1>,
                                                 scan_laid_out<2>, scan_laid_out<3>,
                                                 scan_laid_out<4>, scan_laid_out<5>};
    lay_out(s);
    kScans[groups(s.n_bits) % kPartGroups](s);
}

}  // namespace

const TableScan kByteTables{
    {"byte tables", 8, 1, kNarrowBits, query_bytes, scratch_bytes, run_blocks, nullptr, scan},
    kGroupBits,
    kPartGroups};

}  // namespace iiq::avx512
#endif
