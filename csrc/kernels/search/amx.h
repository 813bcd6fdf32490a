// The AMX kernel but for its tile instructions, so that tests can run it on any CPU with AVX-512:
// `Tiles` gives the instructions (tiles.h) or plain loops that do the same
// (tests/tiles_emulated.h). Included by amx.cpp and by its test alone; Tiles lives in their
// anonymous namespaces, so that nothing here becomes a symbol that the linker could merge.
//
// A code is expanded to bytes 0 and 1; a query is a weight (int8) for each bit and a base:
//     sum = base + sum over j of code_j * weight_j.
// A tile multiplication adds such products for 16 codes (a unit), 16 queries and 64 bits (a chunk).
//
// What decides the speed: a product takes 16 cycles, and a tile comes from the L1 cache in 9, from
// the L2 cache in 21. So a few units (a group) stay in the L1 cache while all queries pass, 16 at a
// time, whose weights stay in tiles. Two tiles of sums take turns: the products of a unit go into
// one while the sums of the unit before wait for theirs in the other, are stored a step late and
// looked at a step later still. Candidates are gone through after a batch of units, because a
// branch that goes wrong costs as much as a unit.
#pragma once

#include <immintrin.h>

#include "kernels/search/table.h"

namespace iiq::amx {

constexpr std::size_t kTile = 16;  // codes, or queries, of a tile
constexpr std::size_t kTileBytes = 1024;
constexpr int kBatch = 4;  // units

constexpr std::size_t words(std::size_t n_bits) { return (n_bits + 15) / 16; }
constexpr std::size_t chunks(std::size_t n_bits) { return (n_bits + 63) / 64; }

// A prepared query: n_bits weights, zeros up to a multiple of 64, and 64 bytes that begin with the
// base. A tile of 16 of them takes as much, in another order.
constexpr std::size_t query_bytes(std::size_t n_bits) { return 64 * (chunks(n_bits) + 1); }
constexpr std::size_t tile_bytes(std::size_t n_bits) { return kTile * query_bytes(n_bits); }

// How many units make a group, a multiple of the batch: some 20 KB where codes are short enough.
constexpr std::size_t kMostUnits = 12;
constexpr std::size_t group_units(std::size_t n_chunks) {
    return n_chunks == 1 ? kMostUnits : n_chunks <= 3 ? 8 : 4;
}

// The queries are put in tiles once for each run.
constexpr std::size_t run_blocks(std::size_t) { return 1024; }
constexpr std::size_t scratch_bytes(std::size_t n_bits) {
    return kMostQueries / kTile * tile_bytes(n_bits) +
           group_units(chunks(n_bits)) * chunks(n_bits) * kTileBytes;
}

static inline void prepare(const std::int8_t* weights, std::int32_t base, std::size_t n_bits,
                           std::uint8_t* prepared) {
    for (std::size_t j = 0; j < n_bits; ++j) prepared[j] = static_cast<std::uint8_t>(weights[j]);
    for (std::size_t j = n_bits; j < 64 * chunks(n_bits); ++j) prepared[j] = 0;
    *reinterpret_cast<std::int32_t*>(prepared + 64 * chunks(n_bits)) = base;
}

// 16 queries as tiles: a line for each four bits, in it four bytes for each query; then a line with
// their bases. A query that is not there has zeros for weights, base and limit: no candidates.
static inline void make_tile(const Scan& s, std::size_t first, std::uint8_t* tile) {
    const std::size_t lines = 16 * chunks(s.n_bits) + 1, stride = query_bytes(s.n_bits);
    auto* to = reinterpret_cast<std::uint32_t*>(tile);
    for (std::size_t i = 0; i < kTile; ++i) {
        const bool there = first + i < s.n_queries;
        const auto* query =
            reinterpret_cast<const std::uint32_t*>(s.queries + (first + i) * stride);
        for (std::size_t line = 0; line < lines; ++line)
            to[kTile * line + i] = there ? query[line] : 0;
    }
}

// The bits 64 c .. 64 c + 63 of 16 codes as 16 rows of bytes. `words` holds their words side by
// side, n_left of them to the end of the code.
[[gnu::target("avx512f,avx512bw,avx512vl")]]
static inline void expand_chunk(const std::uint8_t* words, std::size_t n_left, std::uint8_t* rows) {
    __m256i word_u16x16[4];
    for (std::size_t w = 0; w < 4; ++w)
        word_u16x16[w] = w < n_left
                             ? _mm256_loadu_si256(reinterpret_cast<const __m256i*>(words + 64 * w))
                             : _mm256_setzero_si256();
    const __m256i low_first = _mm256_unpacklo_epi16(word_u16x16[0], word_u16x16[1]);
    const __m256i low_second = _mm256_unpacklo_epi16(word_u16x16[2], word_u16x16[3]);
    const __m256i high_first = _mm256_unpackhi_epi16(word_u16x16[0], word_u16x16[1]);
    const __m256i high_second = _mm256_unpackhi_epi16(word_u16x16[2], word_u16x16[3]);
    alignas(32) std::uint64_t bits[kTile];
    auto* to = reinterpret_cast<__m256i*>(bits);
    _mm256_store_si256(to, _mm256_unpacklo_epi32(low_first, low_second));
    _mm256_store_si256(to + 1, _mm256_unpackhi_epi32(low_first, low_second));
    _mm256_store_si256(to + 2, _mm256_unpacklo_epi32(high_first, high_second));
    _mm256_store_si256(to + 3, _mm256_unpackhi_epi32(high_first, high_second));
    // unpack works within halves of a register: codes 0 1 8 9, 2 3 10 11, ...
    for (std::size_t i = 0; i < kTile; ++i) {
        const std::size_t at = i % 8 / 2 * 4 + i / 8 * 2 + i % 2;
        _mm512_store_si512(rows + 64 * i, _mm512_maskz_set1_epi8(bits[at], 1));
    }
}

// Blocks first .. first + n - 1 as units, chunk after chunk.
[[gnu::target("avx512f,avx512bw,avx512vl")]]
static inline void expand_group(const Scan& s, std::size_t first, std::size_t n, std::uint8_t* to) {
    const std::size_t n_words = words(s.n_bits), n_chunks = chunks(s.n_bits);
    for (std::size_t b = first; b < first + n; ++b)
        for (std::size_t half = 0; half < 2; ++half)
            for (std::size_t c = 0; c < n_chunks; ++c, to += kTileBytes)
                expand_chunk(s.blocks + (b * n_words + 4 * c) * 64 + 32 * half, n_words - 4 * c,
                             to);
}

// 16 queries that pass over a group. A code is a candidate if its sum of products, with what its
// step adds to it, is below limit - base.
struct Pass {
    const std::uint8_t* tile;
    std::size_t first;  // query
    alignas(64) std::int32_t bases[kTile];
    alignas(64) std::int32_t bounds[kTile];   // limit - base
    alignas(64) std::uint32_t slopes[kTile];  // set where there are steps
};

// The sums of a batch of units.
struct Batch {
    alignas(64) std::int32_t sums[kBatch][kTile][kTile];  // [unit][code][query]
};

// What a thread works with.
struct Work {
    const Scan& scan;
    std::size_t n_chunks, n_units;      // of a whole group
    const std::uint8_t* codes;          // the units of the group, expanded
    std::size_t block = 0, n_real = 0;  // its first block, and how many of its units are there
    alignas(64) std::uint32_t steps[kMostUnits][kTile] = {};  // of its codes
    Batch batches[2] = {};  // the one under way and the one before, in turn
    std::size_t turn = 0;
};

[[gnu::target("avx512f,avx512bw,avx512vl,avx512dq")]]
static inline void start_pass(const Scan& s, const std::uint8_t* tile, std::size_t first,
                              Pass& pass) {
    pass.tile = tile;
    pass.first = first;
    const std::size_t n = s.n_queries - first;
    const auto there = static_cast<__mmask16>(n >= kTile ? 0xFFFF : (1u << n) - 1);
    const __m512i limits = _mm512_maskz_loadu_epi32(there, s.limits + first);
    const __m512i bases = _mm512_load_si512(tile + chunks(s.n_bits) * kTileBytes);
    _mm512_store_si512(pass.bases, bases);
    _mm512_store_si512(pass.bounds, _mm512_sub_epi32(limits, bases));
    if (s.steps) _mm512_store_si512(pass.slopes, _mm512_maskz_loadu_epi32(there, s.slopes + first));
}

// The steps of the codes of blocks first .. first + n - 1, a number of 32 bits each.
[[gnu::target("avx512f,avx512bw,avx512vl")]]
static inline void widen_steps(const Scan& s, std::size_t first, std::size_t n,
                               std::uint32_t (*to)[kTile]) {
    if (!s.steps) return;
    const auto* from = reinterpret_cast<const __m256i*>(s.steps + 2 * kTile * first);
    for (std::size_t unit = 0; unit < 2 * n; ++unit)
        _mm512_store_si512(to[unit], _mm512_cvtepu16_epi32(_mm256_loadu_si256(from + unit)));
}

// Which tile is what: two of sums, one of codes, and the weights of `held` chunks that stay; with
// `more` chunks than these the last tile is for the weights of the others. And whether there are
// steps.
template <int held_chunks, bool more_chunks, bool with_steps>
struct Plan {
    static constexpr int held = held_chunks, codes = 2, weights = 3, other_weights = 7;
    static constexpr bool more = more_chunks, steps = with_steps;
    static_assert(weights + held <= (more ? 7 : 8));
    // Lines of the next weights to ask for with each product, so that a group asks for all.
    static constexpr int n_asked = more || held <= 2 ? 0 : 16 / group_units(held);
};

template <class Tiles, class P, int chunk = 0>
inline void hold_weights(const std::uint8_t* tile) {
    if constexpr (chunk < P::held) {
        Tiles::template load<P::weights + chunk>(tile + kTileBytes * chunk, 64);
        hold_weights<Tiles, P, chunk + 1>(tile);
    }
}

template <class Tiles, class P, int sum, int chunk = 0>
inline void multiply_held(const std::uint8_t* codes, const std::uint8_t*& next) {
    if constexpr (chunk < P::held) {
        Tiles::template load<P::codes>(codes + kTileBytes * chunk, 64);
        Tiles::template multiply_add<sum, P::codes, P::weights + chunk>();
        for (int i = 0; i < P::n_asked; ++i, next += 64)
            _mm_prefetch(reinterpret_cast<const char*>(next), _MM_HINT_T0);
        multiply_held<Tiles, P, sum, chunk + 1>(codes, next);
    }
}

// A mask as a number. Written as assembly: where GCC 12 keeps a mask on the stack it stores 16 bits
// and may load 64, with what lay above them (seen with -fsanitize=address).
[[gnu::target("avx512f")]]
static inline std::uint32_t to_bits(__mmask16 mask) {
#if defined(IIQ_EMULATED)
    return mask;
#else
    std::uint32_t bits;
    __asm__("kmovw %1, %0" : "=r"(bits) : "k"(mask));
    return bits;
#endif
}

// The sums of a code with 16 queries, and what its step adds to them: products of 16 bits by 16
// within 32, of which the upper half is taken.
template <bool with_steps>
[[gnu::target("avx512f,avx512bw,avx512vl,avx512dq")]]
inline __m512i compared(const std::int32_t* sums, std::uint32_t step, const Pass& pass) {
    const __m512i sum = _mm512_load_si512(sums);
    if constexpr (!with_steps) return sum;
    const __m512i slopes = _mm512_load_si512(pass.slopes);
    const __m512i steps = _mm512_set1_epi32(static_cast<int>(step));
    return _mm512_add_epi32(sum, _mm512_mulhi_epu16(steps, slopes));
}

// Which queries have candidates among 16 codes: the least sum of each is below its bound.
template <bool with_steps>
[[gnu::target("avx512f,avx512bw,avx512vl,avx512dq")]]
inline std::uint64_t check(const std::int32_t (*sums)[kTile], const std::uint32_t* steps,
                           const Pass& pass) {
    __m512i even = compared<with_steps>(sums[0], steps[0], pass);
    __m512i odd = compared<with_steps>(sums[1], steps[1], pass);
    for (std::size_t i = 2; i < kTile; i += 2) {
        even = _mm512_min_epi32(even, compared<with_steps>(sums[i], steps[i], pass));
        odd = _mm512_min_epi32(odd, compared<with_steps>(sums[i + 1], steps[i + 1], pass));
    }
    return to_bits(
        _mm512_cmplt_epi32_mask(_mm512_min_epi32(even, odd), _mm512_load_si512(pass.bounds)));
}

// The products of unit i of a batch. Meanwhile the unit before is stored, and the one before that,
// with its steps and of the pass `earlier`, checked; both may lie in the last batch. Returns its
// mask in place i of four.
template <class Tiles, class P, int i>
[[gnu::target("avx512f,avx512bw,avx512vl,avx512dq")]]
inline std::uint64_t step(const Work& work, const Pass& pass, const Pass& earlier,
                          const std::uint32_t* steps, const std::uint8_t* codes,
                          const std::uint8_t*& next, Batch& now, Batch& last) {
    constexpr int sum = i % 2, stored = (i + kBatch - 1) % kBatch, checked = (i + 2) % kBatch;
    Tiles::template zero<sum>();
    multiply_held<Tiles, P, sum>(codes, next);
    if constexpr (P::more)
        for (std::size_t c = P::held; c < work.n_chunks; ++c) {
            Tiles::template load<P::other_weights>(pass.tile + kTileBytes * c, 64);
            Tiles::template load<P::codes>(codes + kTileBytes * c, 64);
            Tiles::template multiply_add<sum, P::codes, P::other_weights>();
        }
    const std::uint64_t mask = check<P::steps>((i < 2 ? last : now).sums[checked], steps, earlier);
    Tiles::template store<1 - sum>((i < 1 ? last : now).sums[stored], 64);
    return mask << kTile * i;
}

// Report the candidates of a query in a unit. hit() may have lowered limits since the pass began.
[[gnu::target("avx512f,avx512bw,avx512vl,avx512dq")]]
static inline void report(const Work& work, const Pass& pass, std::size_t unit, std::size_t i,
                          const std::int32_t (*unit_sums)[kTile]) {
    const Scan& s = work.scan;
    const std::size_t q = pass.first + i, half = unit % 2;
    const __m512i column =
        _mm512_setr_epi32(0, 16, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240);
    const __m512i products = _mm512_i32gather_epi32(column, &unit_sums[0][i], 4);
    __m512i sums = _mm512_add_epi32(products, _mm512_set1_epi32(pass.bases[i]));
    if (s.steps) {
        const __m512i slope = _mm512_set1_epi32(static_cast<int>(s.slopes[q]));
        const __m512i steps = _mm512_load_si512(work.steps[unit]);
        sums = _mm512_add_epi32(sums, _mm512_mulhi_epu16(steps, slope));
    }
    const __m512i limit = _mm512_set1_epi32(static_cast<int>(s.limits[q]));
    const std::uint32_t lanes = to_bits(_mm512_cmplt_epi32_mask(sums, limit));
    if (!lanes) return;
    alignas(64) std::uint16_t out[2 * kTile];
    _mm256_store_si256(reinterpret_cast<__m256i*>(out + kTile * half), _mm512_cvtepi32_epi16(sums));
    s.hit(s.sink, q, s.first_block + work.block + unit / 2, lanes << kTile * half, out);
}

// Report what the masks of two units say: `unit` and the next one, with their sums.
static inline void report_two(const Work& work, const Pass& pass, std::size_t unit,
                              std::uint32_t masks, const std::int32_t (*sums)[kTile][kTile]) {
    for (; masks; masks &= masks - 1) {
        const auto place = static_cast<std::size_t>(__builtin_ctz(masks));
        if (unit + place / kTile < work.n_real)
            report(work, pass, unit + place / kTile, place % kTile, sums[place / kTile]);
    }
}

// 16 queries over the group. The last two units of `before`, the pass before this if there was one,
// are still to be checked.
template <class Tiles, class P>
[[gnu::target("avx512f,avx512bw,avx512vl,avx512dq")]]
inline void run_pass(Work& work, const Pass& pass, const Pass* before, const std::uint8_t* next) {
    hold_weights<Tiles, P>(pass.tile);
    const std::size_t unit_bytes = work.n_chunks * kTileBytes;
    const std::uint8_t* codes = work.codes;
    for (std::size_t unit = 0; unit < work.n_units; unit += kBatch, codes += kBatch * unit_bytes) {
        Batch &now = work.batches[work.turn], &last = work.batches[1 - work.turn];
        work.turn = 1 - work.turn;
        const bool first = unit == 0;
        const Pass& earlier = first && before ? *before : pass;
        const std::size_t ago = (first ? work.n_units : unit) - 2;  // the unit checked first
        const auto* old = work.steps[ago];
        const auto* steps = work.steps[unit];
        std::uint64_t masks = step<Tiles, P, 0>(work, pass, earlier, old, codes, next, now, last);
        masks |= step<Tiles, P, 1>(work, pass, earlier, old + kTile, codes + unit_bytes, next, now,
                                   last);
        masks |=
            step<Tiles, P, 2>(work, pass, pass, steps, codes + 2 * unit_bytes, next, now, last);
        masks |= step<Tiles, P, 3>(work, pass, pass, steps + kTile, codes + 3 * unit_bytes, next,
                                   now, last);
        if (!masks) continue;
        if (!first || before)
            report_two(work, earlier, ago, static_cast<std::uint32_t>(masks), last.sums + 2);
        report_two(work, pass, unit, static_cast<std::uint32_t>(masks >> 32), now.sums);
    }
}

// All queries over the group. A pass is started while the one before runs: what is stored for it
// must have reached the cache when it is read.
template <class Tiles, class P>
void scan_group(Work& work, const std::uint8_t* tiles) {
    const Scan& s = work.scan;
    Pass passes[3];
    const Pass* before = nullptr;
    start_pass(s, tiles, 0, passes[0]);
    for (std::size_t q = 0; q < s.n_queries; q += kTile) {
        const Pass& pass = passes[q / kTile % 3];
        tiles += tile_bytes(s.n_bits);
        if (q + kTile < s.n_queries) start_pass(s, tiles, q + kTile, passes[(q / kTile + 1) % 3]);
        run_pass<Tiles, P>(work, pass, before, tiles);
        before = &pass;
    }
    Batch& last = work.batches[1 - work.turn];
    Tiles::template store<1>(last.sums[3], 64);
    const std::size_t ago = work.n_units - 2;
    const std::uint64_t masks = check<P::steps>(last.sums[2], work.steps[ago], *before) |
                                check<P::steps>(last.sums[3], work.steps[ago + 1], *before)
                                    << kTile;
    report_two(work, *before, ago, static_cast<std::uint32_t>(masks), last.sums + 2);
}

using ScanGroup = void (*)(Work&, const std::uint8_t*);

template <class Tiles, bool steps>
constexpr ScanGroup choose_group(std::size_t n_chunks) {
    switch (n_chunks) {
        case 1:
            return scan_group<Tiles, Plan<1, false, steps>>;
        case 2:
            return scan_group<Tiles, Plan<2, false, steps>>;
        case 3:
            return scan_group<Tiles, Plan<3, false, steps>>;
        case 4:
            return scan_group<Tiles, Plan<4, false, steps>>;
        case 5:
            return scan_group<Tiles, Plan<5, false, steps>>;
        default:
            return scan_group<Tiles, Plan<4, true, steps>>;
    }
}

template <class Tiles>
void scan(const Scan& s) {
    const std::size_t n_chunks = chunks(s.n_bits), n_units = group_units(n_chunks);
    const ScanGroup group =
        s.steps ? choose_group<Tiles, true>(n_chunks) : choose_group<Tiles, false>(n_chunks);
    std::uint8_t* codes = s.scratch + kMostQueries / kTile * tile_bytes(s.n_bits);
    for (std::size_t q = 0; q < s.n_queries; q += kTile)
        make_tile(s, q, s.scratch + q * query_bytes(s.n_bits));
    Work work{s, n_chunks, n_units, codes};
    Tiles::configure();
    for (work.block = 0; work.block < s.n_blocks; work.block += n_units / 2) {
        const std::size_t left = s.n_blocks - work.block;
        const std::size_t n = left < n_units / 2 ? left : n_units / 2;
        work.n_real = 2 * n;
        expand_group(s, work.block, n, codes);
        widen_steps(s, work.block, n, work.steps);
        group(work, s.scratch);
    }
    Tiles::release();
}

}  // namespace iiq::amx
