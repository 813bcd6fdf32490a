// The specification: plain loops, no tricks, any CPU. The other sets must give the same answers.
#include "kernels/search/table.h"

namespace iiq {
namespace {

constexpr std::size_t kLanes = 32;

constexpr std::size_t words(std::size_t n_bits) { return (n_bits + 15) / 16; }
constexpr std::size_t round64(std::size_t n) { return (n + 63) / 64 * 64; }

// Bits set in each half of a byte, each nibble ..., the usual way without an instruction for it.
inline std::uint16_t popcount16(std::uint16_t x) {
    x = static_cast<std::uint16_t>(x - ((x >> 1) & 0x5555));
    x = static_cast<std::uint16_t>((x & 0x3333) + ((x >> 2) & 0x3333));
    x = static_cast<std::uint16_t>((x + (x >> 4)) & 0x0F0F);
    return static_cast<std::uint16_t>((x + (x >> 8)) & 0x1F);
}

inline std::uint16_t load_word(const std::uint8_t* p) {
    return static_cast<std::uint16_t>(p[0] | p[1] << 8);
}

void block_distances(const std::uint16_t* query, const std::uint8_t* block, std::size_t first_word,
                     std::size_t last_word, std::uint16_t* out) {
    std::uint16_t sums[kLanes] = {};
    for (std::size_t w = first_word; w < last_word; ++w)
        for (std::size_t lane = 0; lane < kLanes; ++lane) {
            const std::uint16_t code = load_word(block + w * 64 + 2 * lane);
            sums[lane] = static_cast<std::uint16_t>(
                sums[lane] + popcount16(static_cast<std::uint16_t>(code ^ query[w])));
        }
    for (std::size_t lane = 0; lane < kLanes; ++lane) out[lane] = sums[lane];
}

void distances(const std::uint16_t* query, const std::uint8_t* blocks, std::size_t n_blocks,
               std::size_t n_words, std::size_t first_word, std::size_t last_word,
               std::uint16_t* out) {
    for (std::size_t b = 0; b < n_blocks; ++b)
        block_distances(query, blocks + b * n_words * 64, first_word, last_word, out + b * kLanes);
}

void add_steps(const Scan& s, std::size_t query, std::size_t block, std::uint16_t* sums) {
    if (!s.steps) return;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
        const std::uint32_t more = s.slopes[query] * s.steps[kLanes * block + lane] >> 16;
        const std::uint32_t sum = sums[lane] + more;
        sums[lane] = static_cast<std::uint16_t>(sum < 65535 ? sum : 65535);
    }
}

void report(const Scan& scan, std::size_t query, std::size_t block, const std::uint16_t* sums) {
    std::uint32_t lanes = 0;
    for (std::size_t lane = 0; lane < kLanes; ++lane)
        lanes |= static_cast<std::uint32_t>(sums[lane] < scan.limits[query]) << lane;
    if (lanes) scan.hit(scan.sink, query, scan.first_block + block, lanes, sums);
}

std::size_t query_bytes(std::size_t n_bits) { return round64(2 * words(n_bits)); }
std::size_t no_scratch(std::size_t) { return 0; }
std::size_t run_blocks(std::size_t n_bits) { return 1 + 16384 / (64 * words(n_bits)); }

void prepare(const std::uint16_t* query, std::size_t n_bits, std::uint8_t* prepared) {
    auto* out = reinterpret_cast<std::uint16_t*>(prepared);
    for (std::size_t w = 0; w < words(n_bits); ++w) out[w] = query[w];
}

void scan(const Scan& s) {
    const std::size_t n_words = words(s.n_bits), stride = query_bytes(s.n_bits);
    for (std::size_t q = 0; q < s.n_queries; ++q) {
        const auto* query = reinterpret_cast<const std::uint16_t*>(s.queries + q * stride);
        for (std::size_t b = 0; b < s.n_blocks; ++b) {
            std::uint16_t sums[kLanes];
            block_distances(query, s.blocks + b * n_words * 64, 0, n_words, sums);
            report(s, q, b, sums);
        }
    }
}

std::size_t table_bytes(std::size_t n_bits) { return 64 * words(n_bits); }

void scan_tables(const Scan& s) {
    const std::size_t n_words = words(s.n_bits), stride = table_bytes(s.n_bits);
    for (std::size_t q = 0; q < s.n_queries; ++q) {
        const std::uint8_t* tables = s.queries + q * stride;
        for (std::size_t b = 0; b < s.n_blocks; ++b) {
            std::uint16_t sums[kLanes] = {};
            for (std::size_t w = 0; w < n_words; ++w)
                for (std::size_t lane = 0; lane < kLanes; ++lane) {
                    const std::uint16_t word =
                        load_word(s.blocks + (b * n_words + w) * 64 + 2 * lane);
                    const std::uint8_t* table = tables + w * 64;
                    sums[lane] = static_cast<std::uint16_t>(
                        sums[lane] + table[word & 15] + table[16 + (word >> 4 & 15)] +
                        table[32 + (word >> 8 & 15)] + table[48 + (word >> 12)]);
                }
            add_steps(s, q, b, sums);
            report(s, q, b, sums);
        }
    }
}

float sum_of_set(const float* numbers, const std::uint8_t* word, std::size_t n_words) {
    float sums[8] = {};
    for (std::size_t w = 0; w < n_words; ++w, word += 64)
        for (std::size_t byte = 0; byte < 2; ++byte, numbers += 8)
            for (std::size_t i = 0; i < 8; ++i) sums[i] += word[byte] >> i & 1 ? numbers[i] : 0.0f;
    return ((sums[0] + sums[4]) + (sums[1] + sums[5])) +
           ((sums[2] + sums[6]) + (sums[3] + sums[7]));
}

constexpr ScanMethod kScan{"rows",     1,          1,       kNarrowBits, query_bytes,
                           no_scratch, run_blocks, prepare, scan};
constexpr TableScan kTables{
    {"tables", 1, 1, kNarrowBits, table_bytes, no_scratch, run_blocks, nullptr, scan_tables}, 4, 2};

}  // namespace

const SearchKernels& scalar_search() {
    static constexpr SearchKernels kernels{distances, kScan, &kScan, 1, &kTables, 1, sum_of_set};
    return kernels;
}

}  // namespace iiq
