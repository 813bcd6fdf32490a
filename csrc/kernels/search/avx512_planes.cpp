// AVX-512, many queries: 512 codes at a time, and bits are counted by adders made of logic.
//
// Let d_0, d_1, ... be the bits in which a code differs from the query, and p_j the parity of
// d_0 .. d_2j. A full adder of p_j, d_2j+1 and d_2j+2 has the sum p_j+1 and the carry
// m_j = majority(p_j, d_2j+1, d_2j+2), so
//
//   distance = parity of all + 2 (m_0 + m_1 + ...)
//
// Parity is linear: p_j is that of the code or its complement, as the query says. So m_j has only 8
// forms, rows of 64 bytes that are made once for 512 codes and all queries; a query picks one by
// three bits of its own. Half as many bits are left to be counted as the codes have, 512 codes at
// two instructions a bit (avx512_planes.h), and the count is compared with the limit bit by
// bit.
//
// The rows of a slab stay in the L1 cache while all queries pass; their counts wait in the L2 cache
// between slabs. Making the rows costs as much as some 20 queries.
#include "kernels/search/avx512_planes.h"

#if defined(__x86_64__) || defined(_M_X64)

namespace iiq::avx512 {
namespace {

constexpr std::size_t kBlocks = 16;    // 512 codes
constexpr std::size_t kMostSlab = 76;  // majorities, 38 KB of rows
constexpr std::size_t kStep = 4;       // slabs are multiples of it
constexpr std::size_t kQueue = 16;     // queries that wait for their report

constexpr std::size_t words(std::size_t n_bits) { return (n_bits + 15) / 16; }
constexpr std::size_t ceil_div(std::size_t a, std::size_t b) { return (a + b - 1) / b; }

// The majorities of a code are cut into slabs of one size; the last is filled up with zeros.
struct Cut {
    std::size_t slab, n_slabs;
    std::size_t all() const { return slab * n_slabs; }
    // Planes of the whole count.
    std::size_t levels() const { return static_cast<std::size_t>(bit_width(all())); }
};

Cut cut(std::size_t n_bits) {
    const std::size_t n = n_bits < 2 ? 1 : n_bits / 2;
    const std::size_t slab = ceil_div(ceil_div(n, ceil_div(n, kMostSlab)), kStep) * kStep;
    return {slab, ceil_div(n, slab)};
}

// A prepared query: for each majority the place of its row, then that of the parity.
std::size_t query_bytes(std::size_t n_bits) { return (cut(n_bits).all() + 1 + 63) / 64 * 64; }
std::size_t run_blocks(std::size_t) { return kBlocks; }

void prepare(const std::uint16_t* query, std::size_t n_bits, std::uint8_t* prepared) {
    const std::size_t n_words = words(n_bits), n = cut(n_bits).all();
    const auto bit = [&](std::size_t i) {
        return i / 16 < n_words ? query[i / 16] >> i % 16 & 1u : 0u;
    };
    unsigned parity = bit(0);
    for (std::size_t j = 0; j < n; ++j) {
        const unsigned second = bit(2 * j + 1), third = bit(2 * j + 2);
        prepared[j] = static_cast<std::uint8_t>(8 * (parity | second << 1 | third << 2));
        parity ^= second ^ third;
    }
    prepared[n] = static_cast<std::uint8_t>(8 * parity);
}

// A query that has codes below its limit, perhaps, and where its number's planes are.
struct Found {
    std::size_t query;
    const std::uint8_t* parity;
};

// What lies in `scratch`: the rows of a slab from its start on, then the rest at these places.
struct Places {
    std::size_t parity;   // of the codes, and its complement
    std::size_t queue;    // [kQueue]: the planes of a count, then which codes are below the limit
    std::size_t waiting;  // [query]: the planes of a count
    std::size_t bits;     // of 512 codes
    std::size_t end;
};

// Of a query in the queue.
std::size_t slot_bytes(const Cut& c) { return (c.levels() + 1) * kRow; }

Places places(std::size_t n_bits) {
    const Cut c = cut(n_bits);
    const std::size_t parity = c.slab * kTable, queue = parity + 2 * kRow;
    const std::size_t waiting = queue + kQueue * slot_bytes(c);
    const std::size_t bits = waiting + (c.n_slabs > 1 ? kMostQueries * c.levels() * kRow : 0);
    return {parity, queue, waiting, bits, bits + 16 * words(n_bits) * kRow};
}

std::size_t scratch_bytes(std::size_t n_bits) { return places(n_bits).end; }

// 512 codes.
struct Group {
    const Scan& scan;
    std::size_t block;     // the first one in the run
    std::size_t n_blocks;  // that are there: 1 to 16
    Cut cut;
    std::uint8_t *tables, *parity, *queue, *waiting, *bits;
};

// Exchange bits between registers whose numbers differ in `shift`, a step of turning 16 x 16 bits.
template <int shift, int mask>
[[IIQ_PLANES]] inline void swap_bits(__m512i rows_u16x32[16]) {
    const __m512i low = _mm512_set1_epi16(static_cast<short>(mask));
    for (int i = 0; i < 16; ++i) {
        if (i & shift) continue;
        const __m512i a = rows_u16x32[i], b = rows_u16x32[i + shift];
        const __m512i b_up = _mm512_slli_epi16(b, shift), a_down = _mm512_srli_epi16(a, shift);
        rows_u16x32[i] = _mm512_ternarylogic_epi64(low, a, b_up, 0xCA);
        rows_u16x32[i + shift] = _mm512_ternarylogic_epi64(low, a_down, b, 0xCA);
    }
}

// The bits of word w, one a row: bit i of lane l is that of code l of block i.
[[gnu::target("avx512f,avx512bw")]]
void turn_word(const std::uint8_t* const blocks[kBlocks], std::size_t w, std::uint8_t* to) {
    __m512i rows_u16x32[16];
    for (std::size_t i = 0; i < kBlocks; ++i)
        rows_u16x32[i] = _mm512_loadu_si512(blocks[i] + kRow * w);
    swap_bits<8, 0x00FF>(rows_u16x32);
    swap_bits<4, 0x0F0F>(rows_u16x32);
    swap_bits<2, 0x3333>(rows_u16x32);
    swap_bits<1, 0x5555>(rows_u16x32);
    for (std::size_t i = 0; i < 16; ++i) _mm512_store_si512(to + kRow * i, rows_u16x32[i]);
}

// The rows of a slab. The parity goes on from one slab to the next.
[[gnu::target("avx512f,avx512bw")]]
void make_tables(const Group& group, std::size_t first) {
    const std::size_t n_bits = 16 * words(group.scan.n_bits);
    const std::uint8_t* bits = group.bits;
    const __m512i zero = _mm512_setzero_si512();
    __m512i p = _mm512_load_si512(first ? group.parity : bits);
    std::uint8_t* to = group.tables;
    for (std::size_t j = first; j < first + group.cut.slab; ++j, to += kTable) {
        const std::size_t i = 2 * j + 1;
        const __m512i b = i < n_bits ? _mm512_load_si512(bits + kRow * i) : zero;
        const __m512i c = i + 1 < n_bits ? _mm512_load_si512(bits + kRow * (i + 1)) : zero;
        // The truth tables of a majority with p, b, c as they are or complemented.
        _mm512_store_si512(to, _mm512_ternarylogic_epi64(p, b, c, 0xE8));
        _mm512_store_si512(to + kRow, _mm512_ternarylogic_epi64(p, b, c, 0x8E));
        _mm512_store_si512(to + 2 * kRow, _mm512_ternarylogic_epi64(p, b, c, 0xB2));
        _mm512_store_si512(to + 3 * kRow, _mm512_ternarylogic_epi64(p, b, c, 0x2B));
        _mm512_store_si512(to + 4 * kRow, _mm512_ternarylogic_epi64(p, b, c, 0xD4));
        _mm512_store_si512(to + 5 * kRow, _mm512_ternarylogic_epi64(p, b, c, 0x4D));
        _mm512_store_si512(to + 6 * kRow, _mm512_ternarylogic_epi64(p, b, c, 0x71));
        _mm512_store_si512(to + 7 * kRow, _mm512_ternarylogic_epi64(p, b, c, 0x17));
        p = _mm512_ternarylogic_epi64(p, b, c, 0x96);
    }
    _mm512_store_si512(group.parity, p);
    _mm512_store_si512(group.parity + kRow, _mm512_ternarylogic_epi64(p, p, p, 0x0F));
}

// Report what is below the limit, block after block, from the planes of the query's number.
[[gnu::target("avx512f,avx512bw,bmi")]]
void report(const Group& group, const Found& found, const std::uint8_t* planes) {
    const Scan& s = group.scan;
    const std::size_t levels = group.cut.levels();
    const __m512i one = _mm512_set1_epi16(1), parity = _mm512_load_si512(found.parity);
    const auto both = static_cast<std::uint32_t>(
        _mm512_reduce_or_epi32(_mm512_load_si512(planes + levels * kRow)));
    std::uint32_t left = (both | both >> 16) & ((1u << group.n_blocks) - 1);
    for (; left; left &= left - 1) {
        const std::size_t block = group.block + _tzcnt_u32(left);
        const __m512i bit = _mm512_set1_epi16(static_cast<short>(left & (0 - left)));
        __m512i weight = one;
        __m512i sums_u16x32 = _mm512_maskz_mov_epi16(_mm512_test_epi16_mask(parity, bit), one);
        for (std::size_t i = 0; i < levels; ++i) {
            weight = _mm512_slli_epi16(weight, 1);
            const __m512i plane = _mm512_load_si512(planes + i * kRow);
            sums_u16x32 = _mm512_mask_add_epi16(sums_u16x32, _mm512_test_epi16_mask(plane, bit),
                                                sums_u16x32, weight);
        }
        const __m512i limit_u16x32 = _mm512_set1_epi16(static_cast<short>(s.limits[found.query]));
        const std::uint32_t lanes = _mm512_cmplt_epu16_mask(sums_u16x32, limit_u16x32);
        if (!lanes) continue;  // the limit fell
        alignas(64) std::uint16_t sums[32];
        _mm512_store_si512(sums, sums_u16x32);
        s.hit(s.sink, found.query, s.first_block + block, lanes, sums);
    }
}

// Queries that have a code below their limit wait here for their report. They are put in without a
// branch, which would often be guessed wrong where many codes are wanted.
struct Queue {
    Found found[kQueue];
};

[[gnu::noinline]] void report_all(const Group& group, const Queue& queue, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i)
        report(group, queue.found[i], group.queue + i * slot_bytes(group.cut));
}

// Count the rows that a query picks in a slab of n; the planes 0 .. bit_width(n) - 1 of its count
// are updated, the carry to the next one is returned.
template <int n, bool first>
[[IIQ_PLANES]] inline __m512i count_slab(Count& count, Rows rows, const std::uint8_t* wait) {
    constexpr int top = bit_width(n), filled = first ? bit_width(n + 1) - 1 : top;
    constexpr int start = first ? (1 << filled) - 1 : 0;
    const __m512i zero = _mm512_setzero_si512();
    Count carries;
    if constexpr (first)
        take_first<start, 0>(count, rows);
    else
        load_count<0, top>(count, wait);
    take_rest<n - start, filled - 1>(count, rows, carries);
    const __m512i carry = add_carries<n - start, 0, filled, false>(count, carries, zero);
    if constexpr (filled == top) return carry;
    count.plane[filled] = carry;
    return zero;
}

// Add the carry to the planes `level` .. `had` - 1 at `wait`; those of the sum, up to `have` - 1,
// go to `to`.
[[IIQ_PLANES]] inline void carry_on(__m512i carry, std::size_t level, std::size_t had,
                                    std::size_t have, const std::uint8_t* wait, std::uint8_t* to) {
    for (; level < had; ++level) {
        __m512i plane = _mm512_load_si512(wait + kRow * level);
        carry = half_add(plane, carry);
        _mm512_store_si512(to + kRow * level, plane);
    }
    if (have > had) _mm512_store_si512(to + kRow * had, carry);
}

// Which numbers are below the limit: planes up to top - 1 from `count`, the others from `planes`.
template <int top>
[[IIQ_PLANES]] inline __m512i compare_all(const Count& count, const std::uint8_t* parity,
                                          const std::uint8_t* planes, std::size_t levels,
                                          std::uint32_t limit) {
    const __m512i zero = _mm512_setzero_si512();
    __m512i below = compare_bit(zero, _mm512_load_si512(parity), limit, 0);
    below = compare<0, top>(below, count, limit);
    std::size_t level = top;
    for (; level < levels; ++level)
        below = compare_bit(below, _mm512_load_si512(planes + kRow * level), limit, level + 1);
    return compare_bit(below, zero, limit, level + 1);
}

// All queries over the tables of a slab of n majorities, the first of them `from`.
template <int n, bool first>
[[gnu::target("avx512f,avx512bw")]]
void pass(const Group& group, std::size_t from) {
    constexpr int top = bit_width(n);
    const Scan& s = group.scan;
    const std::size_t stride = query_bytes(s.n_bits), n_all = group.cut.all();
    const std::size_t levels = group.cut.levels(), slot = slot_bytes(group.cut);
    const std::size_t had = first ? top : bit_width(from), have = first ? top : bit_width(from + n);
    const bool last = from + n == n_all;
    const std::uint8_t* query = s.queries;
    std::uint8_t *wait = group.waiting, *done = group.queue;
    Queue queue;
    std::size_t n_queue = 0;
    for (std::size_t q = 0; q < s.n_queries; ++q, query += stride, wait += levels * kRow) {
        Count count;
        const __m512i carry = count_slab<n, first>(count, {query + from, group.tables}, wait);
        std::uint8_t* to = last ? done : wait;
        store_count<0, top>(count, to);
        carry_on(carry, top, had, have, wait, to);
        if (!last) continue;
        const std::uint8_t* parity = group.parity + 8 * std::size_t{query[n_all]};
        const __m512i below = compare_all<top>(count, parity, to, have, s.limits[q]);
        _mm512_store_si512(to + levels * kRow, below);
        queue.found[n_queue] = {q, parity};
        const bool any = _mm512_test_epi32_mask(below, below) != 0;
        n_queue += any;
        done += any ? slot : 0;
        if (n_queue < kQueue) continue;
        report_all(group, queue, n_queue);
        n_queue = 0;
        done = group.queue;
    }
    report_all(group, queue, n_queue);
}

using Pass = void (*)(const Group&, std::size_t);
constexpr Pass kFirst[] = {pass<4, true>,  pass<8, true>,  pass<12, true>, pass<16, true>,
                           pass<20, true>, pass<24, true>, pass<28, true>, pass<32, true>,
                           pass<36, true>, pass<40, true>, pass<44, true>, pass<48, true>,
                           pass<52, true>, pass<56, true>, pass<60, true>, pass<64, true>,
                           pass<68, true>, pass<72, true>, pass<76, true>};
// Where there is more than one slab, each has more than half of the most.
constexpr std::size_t kLeastLater = 40;
constexpr Pass kLater[] = {pass<40, false>, pass<44, false>, pass<48, false>, pass<52, false>,
                           pass<56, false>, pass<60, false>, pass<64, false>, pass<68, false>,
                           pass<72, false>, pass<76, false>};

void scan_group(const Group& group) {
    const Scan& s = group.scan;
    const std::size_t n_words = words(s.n_bits), slab = group.cut.slab;
    const std::uint8_t* blocks[kBlocks];  // the last one again for those that are not there
    for (std::size_t i = 0; i < kBlocks; ++i) {
        const std::size_t there = i < group.n_blocks ? i : group.n_blocks - 1;
        blocks[i] = s.blocks + (group.block + there) * kRow * n_words;
    }
    for (std::size_t w = 0; w < n_words; ++w) turn_word(blocks, w, group.bits + 16 * kRow * w);
    make_tables(group, 0);
    kFirst[slab / kStep - 1](group, 0);
    for (std::size_t from = slab; from < group.cut.all(); from += slab) {
        make_tables(group, from);
        kLater[(slab - kLeastLater) / kStep](group, from);
    }
}

void scan(const Scan& s) {
    const Cut c = cut(s.n_bits);
    const Places at = places(s.n_bits);
    for (std::size_t block = 0; block < s.n_blocks; block += kBlocks) {
        const std::size_t left = s.n_blocks - block;
        scan_group({s, block, left < kBlocks ? left : kBlocks, c, s.scratch, s.scratch + at.parity,
                    s.scratch + at.queue, s.scratch + at.waiting, s.scratch + at.bits});
    }
}

}  // namespace

const ScanMethod kPlanes{"planes",      16,         1,       kNarrowBits, query_bytes,
                         scratch_bytes, run_blocks, prepare, scan};

}  // namespace iiq::avx512
#endif
