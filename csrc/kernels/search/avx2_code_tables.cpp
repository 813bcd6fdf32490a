// AVX2, very many queries: the tables are made of the codes, and the queries look up in them.
//
// For 128 codes and a group of 5 bits there are 32 rows, one for each value that a query may have
// in these bits: how many of them differ in each code. A row holds four blocks in 64 bytes, the
// counts of two codes in the halves of a byte; three rows add up without a carry between the
// halves. So 15 bits of 64 codes cost a query
//
//   vmovdqa, vpaddb, vpaddb   three rows
//   vpaddb                    to the plain sums
//   vpsrlw, vpaddb            to the shifted sums, from which both halves follow at the end
//
// with no shuffle and no sum across lanes. A slab of groups has tables that stay in the L1 cache
// while all queries pass; the sums of the queries wait in the L2 cache between slabs. Making the
// tables costs as much as some 50 queries.
#include "kernels/search/avx2.h"

#if defined(__x86_64__) || defined(_M_X64)

namespace iiq::avx2 {
namespace {

constexpr std::size_t kGroupBits = 5;
constexpr std::size_t kPatterns = 1 << kGroupBits;
constexpr std::size_t kRow = 64;                  // bytes
constexpr std::size_t kTable = kPatterns * kRow;  // of a group: 2 KB
constexpr std::size_t kSlab = 15;                 // groups whose tables stay in the L1 cache
constexpr std::size_t kPart = 255 / kGroupBits;   // groups whose sums fit a byte
constexpr std::size_t kBlocks = 4;                // scanned together
constexpr std::size_t kWait = 128;                // bytes of sums that wait, a query and part
constexpr std::size_t kMostBits = 8192;

constexpr std::size_t ceil_div(std::size_t a, std::size_t b) { return (a + b - 1) / b; }
constexpr std::size_t groups(std::size_t n_bits) { return ceil_div(n_bits, kGroupBits); }
constexpr std::size_t parts(std::size_t n_bits) { return ceil_div(groups(n_bits), kPart); }

// Groups first .. last - 1, the tables of which are made at once. The sums of a part fit bytes.
struct Slab {
    std::size_t first, last, part;
    bool starts_part, ends_part;
};

// Slabs of about equal size, none across two parts. Calls visit(slab) in their order.
template <class Visit>
void for_each_slab(std::size_t n_bits, Visit visit) {
    const std::size_t n = groups(n_bits), n_parts = parts(n_bits);
    for (std::size_t part = 0; part < n_parts; ++part) {
        const std::size_t from = n * part / n_parts, to = n * (part + 1) / n_parts;
        const std::size_t n_slabs = ceil_div(to - from, kSlab);
        for (std::size_t i = 0; i < n_slabs; ++i) {
            const std::size_t first = from + (to - from) * i / n_slabs;
            const std::size_t last = from + (to - from) * (i + 1) / n_slabs;
            visit(Slab{first, last, part, i == 0, last == to});
        }
    }
}

// A prepared query: for each group the place of its row in the tables of the slab.
std::size_t query_bytes(std::size_t n_bits) { return (2 * groups(n_bits) + 63) / 64 * 64; }
std::size_t run_blocks(std::size_t) { return 4 * kBlocks; }
// The tables of a slab, then the sums of the queries, part after part.
std::size_t scratch_bytes(std::size_t n_bits) {
    return kSlab * kTable + parts(n_bits) * kMostQueries * kWait;
}

void prepare(const std::uint16_t* query, std::size_t n_bits, std::uint8_t* prepared) {
    auto* out = reinterpret_cast<std::uint16_t*>(prepared);
    const std::size_t n_words = words(n_bits);
    for_each_slab(n_bits, [&](const Slab& slab) {
        for (std::size_t g = slab.first; g < slab.last; ++g) {
            const std::size_t bit = g * kGroupBits, w = bit / 16;
            const std::uint32_t next = w + 1 < n_words ? query[w + 1] : 0;
            const std::size_t pattern = (query[w] | next << 16) >> bit % 16 & (kPatterns - 1);
            out[g] = static_cast<std::uint16_t>((g - slab.first) * kTable + pattern * kRow);
        }
    });
}

// The bits of a group, as bytes, for the 32 codes of a block.
[[gnu::target("avx2")]]
inline __m256i group_bits(const std::uint8_t* block, std::size_t n_words, std::size_t group) {
    const std::size_t bit = group * kGroupBits, w = bit / 16;
    const __m128i right = _mm_cvtsi64_si128(static_cast<long long>(bit % 16));
    const __m128i left = _mm_cvtsi64_si128(static_cast<long long>(16 - bit % 16));
    const __m256i mask = _mm256_set1_epi16(kPatterns - 1);
    __m256i halves_u16x16[2];
    for (std::size_t half = 0; half < 2; ++half) {
        const auto* row = reinterpret_cast<const __m256i*>(block + 64 * w) + half;
        __m256i bits = _mm256_srl_epi16(_mm256_loadu_si256(row), right);
        if (w + 1 < n_words)
            bits = _mm256_or_si256(bits, _mm256_sll_epi16(_mm256_loadu_si256(row + 2), left));
        halves_u16x16[half] = _mm256_and_si256(bits, mask);
    }
    const __m256i packed = _mm256_packus_epi16(halves_u16x16[0], halves_u16x16[1]);
    return _mm256_permute4x64_epi64(packed, 0xD8);
}

// The bits that differ between each value of three bits and p, for vpshufb.
struct Differing {
    alignas(16) std::uint8_t of[8][16];
};
constexpr Differing differing(unsigned unit) {
    Differing table{};
    for (unsigned p = 0; p < 8; ++p)
        for (unsigned value = 0; value < 8; ++value) {
            const unsigned x = value ^ p;
            table.of[p][value] =
                static_cast<std::uint8_t>(unit * ((x & 1) + (x >> 1 & 1) + (x >> 2 & 1)));
        }
    return table;
}
constexpr Differing kOnes = differing(1), kSixteens = differing(16);

[[gnu::target("avx2")]]
inline __m256i look_up(const std::uint8_t* table, __m256i values_u8x32) {
    const __m128i entries = _mm_load_si128(reinterpret_cast<const __m128i*>(table));
    return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(entries), values_u8x32);
}

// Counts of the low block in the low halves of bytes, of the high block in the high ones.
[[gnu::target("avx2")]]
inline __m256i counts(int p, __m256i low, __m256i high) {
    return _mm256_add_epi8(look_up(kOnes.of[p], low), look_up(kSixteens.of[p], high));
}

// Half of the rows of a group: the blocks `low` and `high` in the halves of each byte.
[[gnu::target("avx2")]]
inline void make_rows(const std::uint8_t* low, const std::uint8_t* high, std::size_t n_words,
                      std::size_t group, std::uint8_t* table) {
    const __m256i seven = _mm256_set1_epi8(7);
    const __m256i a = group_bits(low, n_words, group), b = group_bits(high, n_words, group);
    const __m256i a_first = _mm256_and_si256(a, seven), b_first = _mm256_and_si256(b, seven);
    const __m256i a_rest = _mm256_and_si256(_mm256_srli_epi16(a, 3), seven);
    const __m256i b_rest = _mm256_and_si256(_mm256_srli_epi16(b, 3), seven);
    __m256i first[8];
    for (int p = 0; p < 8; ++p) first[p] = counts(p, a_first, b_first);
    for (int p = 0; p < static_cast<int>(kPatterns / 8); ++p) {
        const __m256i rest = counts(p, a_rest, b_rest);
        for (int i = 0; i < 8; ++i, table += kRow)
            _mm256_store_si256(reinterpret_cast<__m256i*>(table), _mm256_add_epi8(rest, first[i]));
    }
}

// Blocks 0 and 1, blocks 2 and 3.
struct Sums128 {
    PairSums first, second;
};

[[gnu::target("avx2")]]
inline const __m256i* vectors(const std::uint8_t* from) {
    return reinterpret_cast<const __m256i*>(from);
}

[[gnu::target("avx2")]]
inline Sums128 load_sums(const std::uint8_t* from) {
    const __m256i* at = vectors(from);
    return {{_mm256_load_si256(at), _mm256_load_si256(at + 1)},
            {_mm256_load_si256(at + 2), _mm256_load_si256(at + 3)}};
}

[[gnu::target("avx2")]]
inline void store(__m256i a, __m256i b, __m256i c, __m256i d, std::uint8_t* to) {
    auto* at = reinterpret_cast<__m256i*>(to);
    _mm256_store_si256(at, a);
    _mm256_store_si256(at + 1, b);
    _mm256_store_si256(at + 2, c);
    _mm256_store_si256(at + 3, d);
}

// GCC would regroup the additions of all rows, and run out of registers.
[[gnu::target("avx2")]]
inline void in_this_order([[maybe_unused]] Sums128& sums) {
#if defined(__GNUC__)
    asm("" : "+x"(sums.first.plain_u8x32), "+x"(sums.first.shifted_u8x32));
    asm("" : "+x"(sums.second.plain_u8x32), "+x"(sums.second.shifted_u8x32));
#endif
}

// Add n rows, three at a time.
template <std::size_t n>
[[gnu::target("avx2")]] inline void add_rows(Sums128& sums, const std::uint8_t* tables,
                                             const std::uint16_t* places) {
    for (std::size_t g = 0; g < n; g += 3) {
        __m256i first = _mm256_load_si256(vectors(tables + places[g]));
        __m256i second = _mm256_load_si256(vectors(tables + places[g]) + 1);
        for (std::size_t i = g + 1; i < g + 3 && i < n; ++i) {
            first = _mm256_add_epi8(first, _mm256_load_si256(vectors(tables + places[i])));
            second = _mm256_add_epi8(second, _mm256_load_si256(vectors(tables + places[i]) + 1));
        }
        add_pair(sums.first, first);
        add_pair(sums.second, second);
        in_this_order(sums);
    }
}

// Four blocks, and what waits of the queries' sums.
struct Group {
    const Scan& scan;
    std::size_t block;     // the first of them in the run
    std::size_t n_blocks;  // that are there: 1 to 4
    std::size_t n_parts;
    std::uint8_t* tables;
    std::uint8_t* waiting;  // [part][query]: Sums128 of an open part, bytes of a closed one

    std::uint8_t* sums(std::size_t part, std::size_t q) const {
        return waiting + (part * kMostQueries + q) * kWait;
    }
};

[[gnu::target("avx2")]]
inline Sums widened(__m256i bytes_u8x32) {
    return {_mm256_cvtepu8_epi16(_mm256_castsi256_si128(bytes_u8x32)),
            _mm256_cvtepu8_epi16(_mm256_extracti128_si256(bytes_u8x32, 1))};
}

// Report what is below the limit in each block, from all parts of its sums.
[[gnu::target("avx2")]] [[gnu::noinline]]
void report_wide(const Group& group, std::size_t q) {
    const Scan& s = group.scan;
    for (std::size_t i = 0; i < group.n_blocks; ++i) {
        Sums sums{_mm256_setzero_si256(), _mm256_setzero_si256()};
        for (std::size_t part = 0; part < group.n_parts; ++part) {
            const Sums more = widened(_mm256_load_si256(vectors(group.sums(part, q)) + i));
            sums.low_u16x16 = _mm256_add_epi16(sums.low_u16x16, more.low_u16x16);
            sums.high_u16x16 = _mm256_add_epi16(sums.high_u16x16, more.high_u16x16);
        }
        const std::uint32_t lanes = lanes_below(sums, s.limits[q]);
        if (lanes) report(s, q, group.block + i, lanes, sums);
    }
}

// The sums of the four blocks as bytes. Named, not an array: they stay in registers.
struct Bytes128 {
    __m256i a_u8x32, b_u8x32, c_u8x32, d_u8x32;
};

[[gnu::target("avx2")]]
inline void add_saturated(Bytes128& sums, const std::uint8_t* more) {
    const __m256i* at = vectors(more);
    sums.a_u8x32 = _mm256_adds_epu8(sums.a_u8x32, _mm256_load_si256(at));
    sums.b_u8x32 = _mm256_adds_epu8(sums.b_u8x32, _mm256_load_si256(at + 1));
    sums.c_u8x32 = _mm256_adds_epu8(sums.c_u8x32, _mm256_load_si256(at + 2));
    sums.d_u8x32 = _mm256_adds_epu8(sums.d_u8x32, _mm256_load_si256(at + 3));
}

// All ones where a byte is below the limit, which is 1 to 255.
[[gnu::target("avx2")]]
inline __m256i below(__m256i sums_u8x32, std::uint32_t limit) {
    const __m256i most = _mm256_set1_epi8(static_cast<char>(limit - 1));
    return _mm256_cmpeq_epi8(_mm256_min_epu8(sums_u8x32, most), sums_u8x32);
}

// Report from sums as bytes: the blocks that have something below the limit, and only those. They
// are found without a branch on each, which would be guessed wrong.
[[gnu::target("avx2,bmi")]] [[gnu::noinline]]
void report_bytes(const Group& group, std::size_t q, const std::uint8_t* sums) {
    const Scan& s = group.scan;
    std::uint32_t left = 0;
    for (std::uint32_t i = 0; i < kBlocks; ++i) {
        const __m256i hits = below(_mm256_load_si256(vectors(sums) + i), s.limits[q]);
        left |= static_cast<std::uint32_t>(_mm256_testz_si256(hits, hits) == 0) << i;
    }
    for (left &= (1u << group.n_blocks) - 1; left && s.limits[q] != 0; left &= left - 1) {
        const std::size_t i = _tzcnt_u32(left);
        const __m256i sums_u8x32 = _mm256_load_si256(vectors(sums) + i);
        const __m256i hits = below(sums_u8x32, s.limits[q]);
        const auto lanes = static_cast<std::uint32_t>(_mm256_movemask_epi8(hits));
        if (lanes) report(s, q, group.block + i, lanes, widened(sums_u8x32));
    }
}

// Sums that saturate at 255 tell what is below the limit while that is at most 255.
[[gnu::target("avx2")]]
inline void look_at_bytes(const Group& group, std::size_t q, Bytes128 sums) {
    const std::uint32_t limit = group.scan.limits[q];
    if (limit == 0) return;
    for (std::size_t part = 0; part + 1 < group.n_parts; ++part)
        add_saturated(sums, group.sums(part, q));
    const __m256i least = _mm256_min_epu8(_mm256_min_epu8(sums.a_u8x32, sums.b_u8x32),
                                          _mm256_min_epu8(sums.c_u8x32, sums.d_u8x32));
    const __m256i hits = below(least, limit);
    if (_mm256_testz_si256(hits, hits)) return;
    std::uint8_t* at = group.sums(group.n_parts - 1, q);
    store(sums.a_u8x32, sums.b_u8x32, sums.c_u8x32, sums.d_u8x32, at);
    report_bytes(group, q, at);
}

// A part of a query's sums is whole: it waits as bytes, or is the last one.
[[gnu::target("avx2")]]
inline void close_part(const Group& group, std::size_t part, std::size_t q, const Sums128& sums) {
    const PairBytes first = take_apart(sums.first), second = take_apart(sums.second);
    const Bytes128 bytes{first.low_u8x32, first.high_u8x32, second.low_u8x32, second.high_u8x32};
    const bool last = part + 1 == group.n_parts;
    if (last && group.scan.limits[q] <= 255) return look_at_bytes(group, q, bytes);
    store(bytes.a_u8x32, bytes.b_u8x32, bytes.c_u8x32, bytes.d_u8x32, group.sums(part, q));
    if (last) report_wide(group, q);
}

// All queries over the tables of a slab of n groups.
template <std::size_t n>
[[gnu::target("avx2")]] void pass(const Group& group, const Slab& slab) {
    const Scan& s = group.scan;
    const std::size_t stride = query_bytes(s.n_bits);
    const std::uint8_t* query = s.queries + 2 * slab.first;
    const std::uint8_t* tables = group.tables;
    const __m256i zero = _mm256_setzero_si256();
    std::uint8_t* wait = group.sums(slab.part, 0);
    for (std::size_t q = 0; q < s.n_queries; ++q, query += stride, wait += kWait) {
        Sums128 sums = {{zero, zero}, {zero, zero}};
        if (!slab.starts_part) sums = load_sums(wait);
        add_rows<n>(sums, tables, reinterpret_cast<const std::uint16_t*>(query));
        if (slab.ends_part)
            close_part(group, slab.part, q, sums);
        else
            store(sums.first.plain_u8x32, sums.first.shifted_u8x32, sums.second.plain_u8x32,
                  sums.second.shifted_u8x32, wait);
    }
}

void pass_slab(const Group& group, const Slab& slab) {
    using Pass = void (*)(const Group&, const Slab&);
    constexpr Pass kPasses[kSlab] = {pass<1>,  pass<2>,  pass<3>,  pass<4>,  pass<5>,
                                     pass<6>,  pass<7>,  pass<8>,  pass<9>,  pass<10>,
                                     pass<11>, pass<12>, pass<13>, pass<14>, pass<15>};
    kPasses[slab.last - slab.first - 1](group, slab);
}

void scan_group(const Group& group) {
    const Scan& s = group.scan;
    const std::size_t n_words = words(s.n_bits);
    const std::uint8_t* blocks[kBlocks];  // the last one again for those that are not there
    for (std::size_t i = 0; i < kBlocks; ++i) {
        const std::size_t there = i < group.n_blocks ? i : group.n_blocks - 1;
        blocks[i] = s.blocks + (group.block + there) * 64 * n_words;
    }
    for_each_slab(s.n_bits, [&](const Slab& slab) {
        for (std::size_t g = slab.first; g < slab.last; ++g) {
            std::uint8_t* table = group.tables + (g - slab.first) * kTable;
            make_rows(blocks[0], blocks[1], n_words, g, table);
            make_rows(blocks[2], blocks[3], n_words, g, table + kRow / 2);
        }
        pass_slab(group, slab);
    });
}

void scan(const Scan& s) {
    for (std::size_t block = 0; block < s.n_blocks; block += kBlocks) {
        const std::size_t left = s.n_blocks - block;
        scan_group({s, block, left < kBlocks ? left : kBlocks, parts(s.n_bits), s.scratch,
                    s.scratch + kSlab * kTable});
    }
}

}  // namespace

const ScanMethod kCodeTables{"code tables", 24,         1,       kMostBits, query_bytes,
                             scratch_bytes, run_blocks, prepare, scan};

}  // namespace iiq::avx2
#endif
