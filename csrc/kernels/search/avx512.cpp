// AVX-512 with BITALG: one register holds one word of 32 codes.
//
//   vpxord zmm, zmm, m32{1to16}   the query's word, doubled to 32 bits, comes with the load
//   vpopcntw zmm, zmm             bits set in each of the 32 words
//   vpaddw zmm, zmm, zmm          32 sums
//
// so the 32 codes of a block cost three instructions a word and no sum ever crosses lanes. Four
// queries pass over a block together; a run of blocks stays in the L1 cache for all queries.
#include "kernels/search/avx512.h"

#if defined(__x86_64__) || defined(_M_X64)
namespace iiq {
namespace {

constexpr std::size_t words(std::size_t n_bits) { return (n_bits + 15) / 16; }

// A prepared query: each word twice in 32 bits, for the broadcast within the load.
std::size_t query_bytes(std::size_t n_bits) { return (4 * words(n_bits) + 63) / 64 * 64; }
std::size_t no_scratch(std::size_t) { return 0; }
std::size_t run_blocks(std::size_t n_bits) { return 1 + 24576 / (64 * words(n_bits)); }

void prepare(const std::uint16_t* query, std::size_t n_bits, std::uint8_t* prepared) {
    auto* out = reinterpret_cast<std::uint32_t*>(prepared);
    for (std::size_t w = 0; w < words(n_bits); ++w) out[w] = query[w] * 0x10001u;
}

[[gnu::target("avx512f,avx512bw,avx512vl,avx512bitalg")]]
void distances(const std::uint16_t* query, const std::uint8_t* blocks, std::size_t n_blocks,
               std::size_t n_words, std::size_t first_word, std::size_t last_word,
               std::uint16_t* out) {
    for (std::size_t b = 0; b < n_blocks; ++b, blocks += 64 * n_words) {
        __m512i sums_u16x32 = _mm512_setzero_si512();
        for (std::size_t w = first_word; w < last_word; ++w) {
            const __m512i codes_u16x32 = _mm512_loadu_si512(blocks + 64 * w);
            const __m512i query_u16x32 = _mm512_set1_epi16(static_cast<short>(query[w]));
            const __m512i xor_u16x32 = _mm512_xor_si512(codes_u16x32, query_u16x32);
            sums_u16x32 = _mm512_add_epi16(sums_u16x32, _mm512_popcnt_epi16(xor_u16x32));
        }
        _mm512_storeu_si512(out + 32 * b, sums_u16x32);
    }
}

[[gnu::target("avx512f,avx512bw,avx512vl,avx512bitalg")]]
inline void report(const Scan& s, std::size_t query, std::size_t block, std::uint32_t lanes,
                   __m512i sums_u16x32) {
    alignas(64) std::uint16_t sums[32];
    _mm512_store_si512(sums, sums_u16x32);
    s.hit(s.sink, query, s.first_block + block, lanes, sums);
}

[[gnu::target("avx512f,avx512bw,avx512vl,avx512bitalg")]]
inline __m512i broadcast_limit(std::uint32_t limit) {
    return _mm512_set1_epi16(static_cast<short>(limit));
}

[[gnu::target("avx512f,avx512bw,avx512vl,avx512bitalg")]]
inline __m512i add_word(__m512i sums_u16x32, const std::uint8_t* row, std::uint32_t query_word) {
    const __m512i query_u32x16 = _mm512_set1_epi32(static_cast<int>(query_word));
    const __m512i xor_u16x32 = _mm512_xor_si512(_mm512_loadu_si512(row), query_u32x16);
    return _mm512_add_epi16(sums_u16x32, _mm512_popcnt_epi16(xor_u16x32));
}

// One query: two chains of sums, and the codes asked for ahead of their use.
[[gnu::target("avx512f,avx512bw,avx512vl,avx512bitalg")]]
void scan_one(const Scan& s, std::size_t q) {
    constexpr std::size_t kAhead = 8192;
    const std::size_t n_words = words(s.n_bits);
    const auto* query =
        reinterpret_cast<const std::uint32_t*>(s.queries + q * query_bytes(s.n_bits));
    __m512i limit_u16x32 = broadcast_limit(s.limits[q]);
    const std::uint8_t* row = s.blocks;
    for (std::size_t b = 0; b < s.n_blocks; ++b) {
        __m512i even_u16x32 = _mm512_setzero_si512(), odd_u16x32 = _mm512_setzero_si512();
        std::size_t w = 0;
        for (; w + 2 <= n_words; w += 2, row += 128) {
            _mm_prefetch(reinterpret_cast<const char*>(row + kAhead), _MM_HINT_T0);
            _mm_prefetch(reinterpret_cast<const char*>(row + kAhead + 64), _MM_HINT_T0);
            even_u16x32 = add_word(even_u16x32, row, query[w]);
            odd_u16x32 = add_word(odd_u16x32, row + 64, query[w + 1]);
        }
        if (w < n_words) {
            _mm_prefetch(reinterpret_cast<const char*>(row + kAhead), _MM_HINT_T0);
            even_u16x32 = add_word(even_u16x32, row, query[w]);
            row += 64;
        }
        const __m512i sums_u16x32 = _mm512_add_epi16(even_u16x32, odd_u16x32);
        const std::uint32_t lanes = _mm512_cmplt_epu16_mask(sums_u16x32, limit_u16x32);
        if (lanes) {
            report(s, q, b, lanes, sums_u16x32);
            limit_u16x32 = broadcast_limit(s.limits[q]);
        }
    }
}

// Four queries: each word of the codes is loaded once for all of them.
[[gnu::target("avx512f,avx512bw,avx512vl,avx512bitalg")]]
void scan_four(const Scan& s, std::size_t q) {
    const std::size_t n_words = words(s.n_bits), stride = query_bytes(s.n_bits) / 4;
    const auto* query = reinterpret_cast<const std::uint32_t*>(s.queries) + q * stride;
    __m512i limits_u16x32[4];
    for (int i = 0; i < 4; ++i) limits_u16x32[i] = broadcast_limit(s.limits[q + i]);
    const std::uint8_t* row = s.blocks;
    for (std::size_t b = 0; b < s.n_blocks; ++b) {
        __m512i sums_u16x32[4] = {_mm512_setzero_si512(), _mm512_setzero_si512(),
                                  _mm512_setzero_si512(), _mm512_setzero_si512()};
        for (std::size_t w = 0; w < n_words; ++w, row += 64) {
            for (int i = 0; i < 4; ++i)
                sums_u16x32[i] = add_word(sums_u16x32[i], row, query[i * stride + w]);
        }
        for (int i = 0; i < 4; ++i) {
            const std::uint32_t lanes = _mm512_cmplt_epu16_mask(sums_u16x32[i], limits_u16x32[i]);
            if (lanes) {
                report(s, q + i, b, lanes, sums_u16x32[i]);
                limits_u16x32[i] = broadcast_limit(s.limits[q + i]);
            }
        }
    }
}

void scan(const Scan& s) {
    std::size_t q = 0;
    for (; q + 4 <= s.n_queries; q += 4) scan_four(s, q);
    for (; q < s.n_queries; ++q) scan_one(s, q);
}

[[gnu::target("avx512f,avx512bw,avx512vl")]]
float sum_of_set(const float* numbers, const std::uint8_t* word, std::size_t n_words) {
    __m512 even = _mm512_setzero_ps(), odd = _mm512_setzero_ps();
    const auto bits = [word](std::size_t w) {
        return static_cast<__mmask16>(word[64 * w] | word[64 * w + 1] << 8);
    };
    std::size_t w = 0;
    for (; w + 2 <= n_words; w += 2, numbers += 32) {
        even = _mm512_mask_add_ps(even, bits(w), even, _mm512_loadu_ps(numbers));
        odd = _mm512_mask_add_ps(odd, bits(w + 1), odd, _mm512_loadu_ps(numbers + 16));
    }
    if (w < n_words) even = _mm512_mask_add_ps(even, bits(w), even, _mm512_loadu_ps(numbers));
    return _mm512_reduce_add_ps(_mm512_add_ps(even, odd));
}

constexpr ScanMethod kScan{"popcount", 1,          1,       kNarrowBits, query_bytes,
                           no_scratch, run_blocks, prepare, scan};

}  // namespace

const SearchKernels& avx512_search() {
    static const ScanMethod batch[] = {kScan, avx512::kPlanes};
    static const TableScan tables[] = {avx512::kTables, avx512::kByteTables};
    static const SearchKernels kernels{distances, kScan, batch, 2, tables, 2, sum_of_set};
    return kernels;
}

}  // namespace iiq
#endif
