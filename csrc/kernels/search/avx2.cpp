// AVX2: two registers hold one word of 32 codes; bits are counted by two table lookups a byte.
//
//   vpshufb ymm   16 table entries looked up by 32 nibbles
//   vpaddb ymm    byte sums, widened to 16 bits before they can overflow
#include "kernels/search/avx2.h"

#if defined(__x86_64__) || defined(_M_X64)
namespace iiq {
namespace {

using namespace avx2;

std::size_t query_bytes(std::size_t n_bits) { return (4 * words(n_bits) + 63) / 64 * 64; }
std::size_t no_scratch(std::size_t) { return 0; }
std::size_t run_blocks(std::size_t n_bits) { return 1 + 16384 / (64 * words(n_bits)); }

void prepare(const std::uint16_t* query, std::size_t n_bits, std::uint8_t* prepared) {
    auto* out = reinterpret_cast<std::uint32_t*>(prepared);
    for (std::size_t w = 0; w < words(n_bits); ++w) out[w] = query[w] * 0x10001u;
}

// Bits set in each byte.
[[gnu::target("avx2")]]
inline __m256i popcount_bytes(__m256i x) {
    const __m256i counts = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,  //
                                            0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
    const __m256i nibble = _mm256_set1_epi8(15);
    const __m256i low = _mm256_shuffle_epi8(counts, _mm256_and_si256(x, nibble));
    const __m256i high =
        _mm256_shuffle_epi8(counts, _mm256_and_si256(_mm256_srli_epi16(x, 4), nibble));
    return _mm256_add_epi8(low, high);
}

// The two bytes of each word added: byte counts stay below 256 for at most 31 words.
[[gnu::target("avx2")]]
inline __m256i widen(__m256i bytes_u8x32) {
    return _mm256_maddubs_epi16(bytes_u8x32, _mm256_set1_epi8(1));
}

// Asks for each line `ahead` bytes before it is needed, where that is not 0.
template <std::size_t ahead>
[[gnu::target("avx2")]]
inline Sums block_distances(const std::uint32_t* query, const std::uint8_t* block,
                            std::size_t first_word, std::size_t last_word) {
    constexpr std::size_t kPart = 31;
    Sums sums{_mm256_setzero_si256(), _mm256_setzero_si256()};
    for (std::size_t start = first_word; start < last_word; start += kPart) {
        const std::size_t stop = start + kPart < last_word ? start + kPart : last_word;
        __m256i low_u8x32 = _mm256_setzero_si256(), high_u8x32 = _mm256_setzero_si256();
        for (std::size_t w = start; w < stop; ++w) {
            const auto* row = reinterpret_cast<const __m256i*>(block + 64 * w);
            if constexpr (ahead > 0)
                _mm_prefetch(reinterpret_cast<const char*>(row) + ahead, _MM_HINT_T0);
            const __m256i q = _mm256_set1_epi32(static_cast<int>(query[w]));
            const __m256i low = _mm256_xor_si256(_mm256_loadu_si256(row), q);
            const __m256i high = _mm256_xor_si256(_mm256_loadu_si256(row + 1), q);
            low_u8x32 = _mm256_add_epi8(low_u8x32, popcount_bytes(low));
            high_u8x32 = _mm256_add_epi8(high_u8x32, popcount_bytes(high));
        }
        sums.low_u16x16 = _mm256_add_epi16(sums.low_u16x16, widen(low_u8x32));
        sums.high_u16x16 = _mm256_add_epi16(sums.high_u16x16, widen(high_u8x32));
    }
    return sums;
}

[[gnu::target("avx2")]]
void distances(const std::uint16_t* query, const std::uint8_t* blocks, std::size_t n_blocks,
               std::size_t n_words, std::size_t first_word, std::size_t last_word,
               std::uint16_t* out) {
    std::uint32_t part[64];
    for (std::size_t b = 0; b < n_blocks; ++b, blocks += 64 * n_words) {
        Sums sums{_mm256_setzero_si256(), _mm256_setzero_si256()};
        for (std::size_t start = first_word; start < last_word; start += 64) {
            const std::size_t n = last_word - start < 64 ? last_word - start : 64;
            for (std::size_t w = 0; w < n; ++w) part[w] = query[start + w] * 0x10001u;
            const Sums more = block_distances<0>(part, blocks + 64 * start, 0, n);
            sums.low_u16x16 = _mm256_add_epi16(sums.low_u16x16, more.low_u16x16);
            sums.high_u16x16 = _mm256_add_epi16(sums.high_u16x16, more.high_u16x16);
        }
        auto* to = reinterpret_cast<__m256i*>(out + 32 * b);
        _mm256_storeu_si256(to, sums.low_u16x16);
        _mm256_storeu_si256(to + 1, sums.high_u16x16);
    }
}

[[gnu::target("avx2")]]
void scan(const Scan& s) {
    constexpr std::size_t kAhead = 4096;
    const std::size_t n_words = words(s.n_bits);
    for (std::size_t q = 0; q < s.n_queries; ++q) {
        const auto* query =
            reinterpret_cast<const std::uint32_t*>(s.queries + q * query_bytes(s.n_bits));
        for (std::size_t b = 0; b < s.n_blocks; ++b) {
            const std::uint8_t* block = s.blocks + b * 64 * n_words;
            const Sums sums = block_distances<kAhead>(query, block, 0, n_words);
            const std::uint32_t lanes = lanes_below(sums, s.limits[q]);
            if (lanes) report(s, q, b, lanes, sums);
        }
    }
}

[[gnu::target("avx2")]]
float sum_of_set(const float* numbers, const std::uint8_t* word, std::size_t n_words) {
    const __m256i low_bits = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    const __m256i high_bits = _mm256_slli_epi32(low_bits, 8);
    __m256 low = _mm256_setzero_ps(), high = _mm256_setzero_ps();
    for (std::size_t w = 0; w < n_words; ++w, word += 64, numbers += 16) {
        const __m256i bits = _mm256_set1_epi32(word[0] | word[1] << 8);
        const __m256i in_low = _mm256_cmpeq_epi32(_mm256_and_si256(bits, low_bits), low_bits);
        const __m256i in_high = _mm256_cmpeq_epi32(_mm256_and_si256(bits, high_bits), high_bits);
        const __m256 low_8 = _mm256_and_ps(_mm256_loadu_ps(numbers), _mm256_castsi256_ps(in_low));
        const __m256 high_8 =
            _mm256_and_ps(_mm256_loadu_ps(numbers + 8), _mm256_castsi256_ps(in_high));
        low = _mm256_add_ps(low, low_8);
        high = _mm256_add_ps(high, high_8);
    }
    const __m256 both = _mm256_add_ps(low, high);
    __m128 sum = _mm_add_ps(_mm256_castps256_ps128(both), _mm256_extractf128_ps(both, 1));
    sum = _mm_add_ps(sum, _mm_movehl_ps(sum, sum));
    return _mm_cvtss_f32(_mm_add_ss(sum, _mm_movehdup_ps(sum)));
}

constexpr ScanMethod kScan{"popcount", 1,          1,       kNarrowBits, query_bytes,
                           no_scratch, run_blocks, prepare, scan};

}  // namespace

const SearchKernels& avx2_search() {
    static const ScanMethod batch[] = {kScan, kSmallTables, kCodeTables};
    static const TableScan tables[] = {kTables, kByteTables};
    static const SearchKernels kernels{distances, kScan, batch, 3, tables, 2, sum_of_set};
    return kernels;
}

}  // namespace iiq
#endif
