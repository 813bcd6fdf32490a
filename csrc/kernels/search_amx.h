// The AMX kernel but for its tile instructions, so that tests can run it on any CPU with AVX-512:
// `Tiles` gives the instructions (tiles.h) or plain loops that do the same
// (tests/tiles_emulated.h). Included by search_amx.cpp and by its test alone; Tiles lives in their
// anonymous namespaces, so that nothing here becomes a symbol that the linker could merge.
//
// A code is expanded to bytes 0 and 1, a query to bytes +1 (bit 0) and -1 (bit 1). Then
//     distance = bits of the query + sum over j of code_j * query_j,
// and a tile multiplication gives 16 x 16 such sums over 64 bits. The tiles of sums start at
// (bits of the query - limit): what ends up negative is a candidate, and its sign bit says so.
#pragma once

#include <immintrin.h>

#include "kernels/search.h"

namespace iiq::amx {

constexpr std::size_t kTileBytes = 1024;  // 16 rows of 64 bytes
constexpr std::size_t kTile = 32;         // queries taken together, as two tiles

constexpr std::size_t words(std::size_t n_bits) { return (n_bits + 15) / 16; }
constexpr std::size_t chunks(std::size_t n_bits) { return (n_bits + 63) / 64; }

// A prepared query: n_bits bytes of +1 or -1, zeros up to a multiple of 64, and 64 bytes that begin
// with the number of its bits.
constexpr std::size_t query_bytes(std::size_t n_bits) { return 64 * (chunks(n_bits) + 1); }

constexpr std::size_t run_blocks(std::size_t n_bits) {
    return 1 + (std::size_t{512} << 10) / (2 * kTileBytes * chunks(n_bits));
}
// Expanded codes of a run, and room for the last queries where they are fewer than a tile.
constexpr std::size_t scratch_bytes(std::size_t n_bits) {
    return run_blocks(n_bits) * 2 * kTileBytes * chunks(n_bits) + kTile * query_bytes(n_bits);
}

static inline void prepare(const std::uint16_t* query, std::size_t n_bits, std::uint8_t* prepared) {
    std::int32_t n_set = 0;
    for (std::size_t j = 0; j < n_bits; ++j) {
        const int bit = query[j / 16] >> j % 16 & 1;
        prepared[j] = static_cast<std::uint8_t>(1 - 2 * bit);
        n_set += bit;
    }
    for (std::size_t j = n_bits; j < 64 * chunks(n_bits); ++j) prepared[j] = 0;
    *reinterpret_cast<std::int32_t*>(prepared + 64 * chunks(n_bits)) = n_set;
}

// One word of 16 codes as four rows of a tile: row i holds bits 4 i .. 4 i + 3 of each code, a byte
// a bit. The product moves bit b of a nibble to bit 8 b.
[[gnu::target("avx512f,avx512bw,avx512vl,avx512dq")]]
static inline void expand_word(const std::uint8_t* codes, std::uint8_t* rows) {
    const __m256i words_u16x16 = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(codes));
    __m512i left_u32x16 = _mm512_cvtepu16_epi32(words_u16x16);
    for (int i = 0; i < 4; ++i) {
        const __m512i nibble = _mm512_and_si512(left_u32x16, _mm512_set1_epi32(15));
        const __m512i spread = _mm512_mullo_epi32(nibble, _mm512_set1_epi32(0x00204081));
        _mm512_storeu_si512(rows + 64 * i, _mm512_and_si512(spread, _mm512_set1_epi32(0x01010101)));
        left_u32x16 = _mm512_srli_epi32(left_u32x16, 4);
    }
}

// Block by block: for each 64 bits the tile of codes 0 - 15, then that of codes 16 - 31.
[[gnu::target("avx512f,avx512bw,avx512vl,avx512dq")]]
static inline void expand_run(const Scan& s) {
    const std::size_t n_words = words(s.n_bits), n_chunks = chunks(s.n_bits);
    std::uint8_t* to = s.scratch;
    for (std::size_t b = 0; b < s.n_blocks; ++b) {
        const std::uint8_t* block = s.blocks + b * n_words * 64;
        for (std::size_t w = 0; w < 4 * n_chunks; ++w) {
            std::uint8_t* rows = to + w / 4 * 2 * kTileBytes + w % 4 * 256;
            if (w < n_words) {
                expand_word(block + 64 * w, rows);
                expand_word(block + 64 * w + 32, rows + kTileBytes);
            } else {
                for (int i = 0; i < 4; ++i) {
                    _mm512_storeu_si512(rows + 64 * i, _mm512_setzero_si512());
                    _mm512_storeu_si512(rows + kTileBytes + 64 * i, _mm512_setzero_si512());
                }
            }
        }
        to += n_chunks * 2 * kTileBytes;
    }
}

// What a tile of queries needs beside its bytes.
struct QueryTile {
    const std::uint8_t* queries;
    std::size_t first, n;
    std::uint32_t limits[kTile];                  // as the starts were made
    alignas(64) std::int32_t starts[kTile][16];   // bits of the query - limit, in each column
    alignas(64) std::int32_t sums[2][kTile][16];  // of codes 0 - 15 and 16 - 31
};

[[gnu::target("avx512f,avx512bw,avx512vl,avx512dq")]]
static inline void set_limit(const Scan& s, QueryTile& t, std::size_t i) {
    const std::size_t stride = query_bytes(s.n_bits);
    std::int32_t start = 0;  // a query that is not there: sums of zero are not negative
    if (i < t.n) {
        t.limits[i] = s.limits[t.first + i];
        start = *reinterpret_cast<const std::int32_t*>(t.queries + (i + 1) * stride - 64) -
                static_cast<std::int32_t>(t.limits[i]);
    }
    _mm512_store_si512(t.starts[i], _mm512_set1_epi32(start));
}

// The sums of 32 queries and 32 codes: four tiles, 64 bits at a time.
template <class Tiles>
void multiply(const QueryTile& t, std::size_t n_chunks, const std::uint8_t* codes,
              std::int32_t (*sums)[kTile][16]) {
    const std::size_t stride = 64 * (n_chunks + 1);
    Tiles::template load<0>(t.starts[0], 64);
    Tiles::template load<1>(t.starts[0], 64);
    Tiles::template load<2>(t.starts[16], 64);
    Tiles::template load<3>(t.starts[16], 64);
    for (std::size_t c = 0; c < n_chunks; ++c) {
        Tiles::template load<4>(t.queries + 64 * c, stride);
        Tiles::template load<5>(t.queries + 16 * stride + 64 * c, stride);
        Tiles::template load<6>(codes + 2 * kTileBytes * c, 64);
        Tiles::template load<7>(codes + 2 * kTileBytes * c + kTileBytes, 64);
        Tiles::template multiply_add<0, 4, 6>();
        Tiles::template multiply_add<1, 4, 7>();
        Tiles::template multiply_add<2, 5, 6>();
        Tiles::template multiply_add<3, 5, 7>();
    }
    Tiles::template store<0>(sums[0][0], 64);
    Tiles::template store<1>(sums[1][0], 64);
    Tiles::template store<2>(sums[0][16], 64);
    Tiles::template store<3>(sums[1][16], 64);
}

[[gnu::target("avx512f,avx512bw,avx512vl,avx512dq")]]
static inline bool any_negative(const QueryTile& t) {
    __m512i any = _mm512_setzero_si512();
    for (std::size_t i = 0; i < kTile; ++i) {
        any = _mm512_or_si512(any, _mm512_load_si512(t.sums[0][i]));
        any = _mm512_or_si512(any, _mm512_load_si512(t.sums[1][i]));
    }
    return _mm512_movepi32_mask(any) != 0;
}

[[gnu::target("avx512f,avx512bw,avx512vl,avx512dq")]]
static inline void report(const Scan& s, QueryTile& t, std::size_t block) {
    for (std::size_t i = 0; i < t.n; ++i) {
        const __m512i low = _mm512_load_si512(t.sums[0][i]), high = _mm512_load_si512(t.sums[1][i]);
        const std::uint32_t lanes = _mm512_movepi32_mask(low) |
                                    static_cast<std::uint32_t>(_mm512_movepi32_mask(high)) << 16;
        if (!lanes) continue;
        const __m512i limit = _mm512_set1_epi32(static_cast<int>(t.limits[i]));
        alignas(64) std::uint16_t sums[32];
        auto* to = reinterpret_cast<__m256i*>(sums);
        _mm256_store_si256(to, _mm512_cvtepi32_epi16(_mm512_add_epi32(low, limit)));
        _mm256_store_si256(to + 1, _mm512_cvtepi32_epi16(_mm512_add_epi32(high, limit)));
        s.hit(s.sink, t.first + i, s.first_block + block, lanes, sums);
        set_limit(s, t, i);
    }
}

// The last queries, fewer than a tile, are copied where a whole tile may be read.
static inline const std::uint8_t* whole_tile(const Scan& s, std::size_t first, std::size_t n) {
    const std::size_t stride = query_bytes(s.n_bits);
    if (n == kTile) return s.queries + first * stride;
    std::uint8_t* copy = s.scratch + scratch_bytes(s.n_bits) - kTile * stride;
    for (std::size_t i = 0; i < n * stride; ++i) copy[i] = s.queries[first * stride + i];
    for (std::size_t i = n * stride; i < kTile * stride; ++i) copy[i] = 0;
    return copy;
}

template <class Tiles>
void scan(const Scan& s) {
    const std::size_t n_chunks = chunks(s.n_bits);
    expand_run(s);
    Tiles::configure();
    for (std::size_t q = 0; q < s.n_queries; q += kTile) {
        QueryTile t;
        t.first = q;
        t.n = s.n_queries - q < kTile ? s.n_queries - q : kTile;
        t.queries = whole_tile(s, q, t.n);
        for (std::size_t i = 0; i < kTile; ++i) set_limit(s, t, i);
        for (std::size_t b = 0; b < s.n_blocks; ++b) {
            multiply<Tiles>(t, n_chunks, s.scratch + b * n_chunks * 2 * kTileBytes, t.sums);
            if (any_negative(t)) report(s, t, b);
        }
    }
    Tiles::release();
}

}  // namespace iiq::amx
