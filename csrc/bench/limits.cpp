// What the machine can do at most: bytes read one after another from memory, and products of
// float32 and of bytes whose operands lie in registers.
#include <algorithm>
#include <memory>

#include "base/buffer.h"
#include "base/prefetch.h"
#include "bench/work.h"

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#define IIQ_X86 1
#endif

namespace iiq::bench {
namespace {

constexpr std::size_t kWords = std::size_t{5} << 20;  // 42 MB, as a search of one query reads
constexpr int kRounds = 10000, kSums = 10;            // enough sums to hide an adder's latency

volatile double sink;

Run reading() {
    auto memory = std::make_shared<Buffer>(make_buffer(8 * kWords));
    auto* words = reinterpret_cast<std::uint64_t*>(memory->get());
    std::fill_n(words, kWords, 1);
    return [=, kept = memory] {
        std::uint64_t a = 0, b = 0, c = 0, d = 0;
        for (std::size_t i = 0; i < kWords; i += 8) {
            const std::uint64_t* line = words + i;
            read_soon(line + 512);
            a += line[0] ^ line[4], b += line[1] ^ line[5];
            c += line[2] ^ line[6], d += line[3] ^ line[7];
        }
        sink = static_cast<double>(a + b + c + d);
    };
}

#if IIQ_X86
[[gnu::target("avx2,fma")]] void float_products_avx2() {
    __m256 sums[kSums];
    for (auto& sum : sums) sum = _mm256_set1_ps(1);
    const __m256 x = _mm256_set1_ps(static_cast<float>(sink)), y = _mm256_set1_ps(0.5f);
    for (int round = 0; round < kRounds; ++round)
        for (auto& sum : sums) sum = _mm256_fmadd_ps(sum, y, x);
    for (auto& sum : sums) sink = sink + _mm256_cvtss_f32(sum);
}

[[gnu::target("avx512f")]] void float_products_avx512() {
    __m512 sums[kSums];
    for (auto& sum : sums) sum = _mm512_set1_ps(1);
    const __m512 x = _mm512_set1_ps(static_cast<float>(sink)), y = _mm512_set1_ps(0.5f);
    for (int round = 0; round < kRounds; ++round)
        for (auto& sum : sums) sum = _mm512_fmadd_ps(sum, y, x);
    for (auto& sum : sums) sink = sink + _mm512_cvtss_f32(sum);
}

// AVX2 multiplies bytes in two steps, and adds in a third. The operand depends on the sum, as it
// would on what is loaded: else the products would be made once.
[[gnu::target("avx2")]] void byte_products_avx2() {
    __m256i sums[kSums];
    for (auto& sum : sums) sum = _mm256_set1_epi8(1);
    const __m256i y = _mm256_set1_epi8(static_cast<char>(sink)), ones = _mm256_set1_epi16(1);
    for (int round = 0; round < kRounds; ++round)
        for (auto& sum : sums)
            sum = _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_maddubs_epi16(sum, y), ones));
    for (auto& sum : sums) sink = sink + _mm256_extract_epi32(sum, 0);
}

[[gnu::target("avx512f,avx512vnni")]] void byte_products_avx512() {
    __m512i sums[kSums];
    for (auto& sum : sums) sum = _mm512_set1_epi32(1);
    const __m512i x = _mm512_set1_epi32(static_cast<int>(sink));
    for (int round = 0; round < kRounds; ++round)
        for (auto& sum : sums) sum = _mm512_dpbusd_epi32(sum, x, x);
    alignas(64) int lanes[16];
    for (auto& sum : sums) {
        _mm512_store_si512(lanes, sum);
        sink = sink + lanes[0];
    }
}

void add_products(std::vector<Work>& all, Isa isa, int lanes, Run floats, Run bytes) {
    if (!available(isa)) return;
    const std::string set = " of " + std::string(name_of(isa));
    const double rounds = double{kRounds} * kSums;
    all.push_back({"float products" + set, "product", rounds * lanes, 0, 1, false,
                   [floats](Isa) { return floats; }});
    all.push_back({"byte products" + set, "product", rounds * lanes * 4, 0, 1, false,
                   [bytes](Isa) { return bytes; }});
}
#endif

}  // namespace

void add_machine_limits(std::vector<Work>& all) {
    all.push_back({"reading", "byte", 8.0 * kWords, 1, 0, false, [](Isa) { return reading(); }});
#if IIQ_X86
    add_products(all, Isa::avx2, 8, float_products_avx2, byte_products_avx2);
    add_products(all, Isa::avx512, 16, float_products_avx512, byte_products_avx512);
#endif
}

}  // namespace iiq::bench
