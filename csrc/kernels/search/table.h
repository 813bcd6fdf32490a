// The kernels of the search, one table a kernel set. Each is coarse: a tile of queries against a
// run of blocks (codes/layout.h describes a block). They know nothing of "top k": they report the
// codes whose sum lies below the query's limit, and whoever listens keeps the best and lowers the
// limit.
//
// All sums here fit 16 bits: n_bits <= kNarrowBits. Longer codes are scanned in parts by
// `distances`.
#pragma once

#include <cstddef>
#include <cstdint>

namespace iiq {

enum class Isa;

constexpr std::size_t kNarrowBits = 65520;  // 4095 words, so that limits up to n_bits + 1 fit too

// A scan is given at most so many queries: what is kept for each of them has its place in
// `scratch`.
constexpr std::size_t kMostQueries = 1024;

// Told of `lanes` (bit i: code 32 * block + i) whose sums (one per lane; others are undefined) are
// below limits[query]. May lower limits[query], never raises it. Sums are told as compared.
using Hit = void (*)(void* sink, std::size_t query, std::uint64_t block, std::uint32_t lanes,
                     const std::uint16_t* sums);

struct Scan {
    const std::uint8_t* blocks;  // the first block of the run
    std::uint64_t first_block;   // its number, for hit
    std::size_t n_blocks;
    std::size_t n_bits;
    const std::uint8_t*
        queries;  // as the method's `prepare` wrote them, query_bytes apart; 64-aligned
    std::size_t n_queries;
    const std::uint32_t* limits;  // one per query; hit changes them
    Hit hit;
    void* sink;
    std::uint8_t* scratch;  // scratch_bytes(n_bits) bytes, 64-aligned, one per thread
    // For tables and weights. Where there are steps, 32 for each block of the run, a code's sum is
    // made larger by slopes[query] * step >> 16 (stopping at 65535) before it is compared. Slopes
    // are below 2^16, one per query; hit may change them.
    const std::uint16_t* steps = nullptr;
    const std::uint32_t* slopes = nullptr;
};

// One way to find the codes near a tile of queries.
struct ScanMethod {
    const char* name;
    std::size_t min_queries;                         // worth its set-up from so many queries on
    std::size_t min_bits;                            // from this width on
    std::size_t most_bits;                           // and up to this one
    std::size_t (*query_bytes)(std::size_t n_bits);  // a multiple of 64
    std::size_t (*scratch_bytes)(std::size_t n_bits);
    std::size_t (*run_blocks)(std::size_t n_bits);  // blocks a call should be given
    // Prepare one query of words_per_code(n_bits) words; null for methods that take tables.
    void (*prepare)(const std::uint16_t* query, std::size_t n_bits, std::uint8_t* prepared);
    void (*scan)(const Scan&);
};

// A scan of sums of table entries instead of Hamming distances. A prepared query is, for each group
// of bits, a table of entries of a byte, indexed by those bits; the largest entries of each
// `part_groups` groups in turn add up to at most 255, and all sums are below 65535. `scan.prepare`
// is null.
struct TableScan {
    ScanMethod scan;
    std::size_t group_bits;
    std::size_t part_groups;
};

// A scan whose sum of a code is base + (the sum of weights[j] where bit j of the code is set); all
// sums must be 0 to 65519. `scan.prepare` is null.
struct WeightedScan {
    ScanMethod scan;
    // Prepare one query of n_bits weights.
    void (*prepare)(const std::int8_t* weights, std::int32_t base, std::size_t n_bits,
                    std::uint8_t* prepared);
};

struct SearchKernels {
    // out[i] = Hamming distance of the query and code i of the blocks, over words first .. last
    // - 1.
    void (*distances)(const std::uint16_t* query, const std::uint8_t* blocks, std::size_t n_blocks,
                      std::size_t n_words, std::size_t first_word, std::size_t last_word,
                      std::uint16_t* out);
    ScanMethod one;           // the codes stream from memory past one query, or a few
    const ScanMethod* batch;  // n_batch ways for many queries, the one for most queries last
    std::size_t n_batch;
    const TableScan* tables;  // n_tables ways for float queries, the one for most queries last
    std::size_t n_tables;
    // The sum of the numbers whose bits are set in a code: word w of the code (its block's row w)
    // is at word + 64 w, and its numbers at numbers + 16 w. At least eight sums run side by side,
    // so each adds at most 2 n_words numbers and is off by at most 2 n_words 2^-24 of their sizes.
    float (*sum_of_set)(const float* numbers, const std::uint8_t* word, std::size_t n_words);
    // Sums of weights, for many queries; null where a set has no way to find them that pays.
    const WeightedScan* weights = nullptr;
};

const SearchKernels& scalar_search();
const SearchKernels& avx2_search();
const SearchKernels& avx512_search();
const SearchKernels& amx_search();
const SearchKernels& neon_search();

// The table of a set; each set is complete, borrowing what it has no version of.
const SearchKernels& search_kernels(Isa isa);

}  // namespace iiq
