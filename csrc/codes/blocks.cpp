#include "codes/blocks.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/prefetch.h"
#include "base/threads.h"

namespace iiq {
namespace {

// The two bytes of word w of a row, the second one zero where the row has an odd number of bytes.
void copy_word(const std::uint8_t* row, std::size_t n_bytes, std::size_t w, std::uint8_t* out) {
    out[0] = row[2 * w];
    out[1] = 2 * w + 1 < n_bytes ? row[2 * w + 1] : 0;
}

void fill_block(const std::uint8_t* rows, std::size_t n_rows, std::size_t n_bits,
                std::uint8_t* block) {
    const std::size_t n_bytes = bytes_per_code(n_bits), n_words = words_per_code(n_bits);
    if (n_rows < kBlockCodes) std::memset(block, 0, block_bytes(n_bits));
    for (std::size_t lane = 0; lane < n_rows; ++lane) {
        const std::uint8_t* row = rows + lane * n_bytes;
        for (std::size_t w = 0; w < n_words; ++w)
            copy_word(row, n_bytes, w, block + w * kRowBytes + 2 * lane);
    }
}

}  // namespace

void to_blocks(const std::uint8_t* codes, std::uint64_t n_codes, std::size_t n_bits,
               unsigned threads, std::uint8_t* out) {
    const std::uint64_t n_blocks = blocks_for(n_codes);
    const std::size_t row_bytes = bytes_per_code(n_bits);
    parallel_ranges(n_blocks, useful_threads(threads, n_blocks * block_bytes(n_bits), 1 << 20),
                    [&](unsigned, std::uint64_t first, std::uint64_t last) {
                        for (std::uint64_t b = first; b < last; ++b) {
                            const std::uint64_t start = b * kBlockCodes;
                            const auto rows = std::min<std::uint64_t>(kBlockCodes, n_codes - start);
                            fill_block(codes + start * row_bytes, rows, n_bits,
                                       out + b * block_bytes(n_bits));
                        }
                    });
}

void read_code(const BlockedCodes& codes, std::uint64_t id, std::uint8_t* row) {
    const std::size_t n_bytes = bytes_per_code(codes.n_bits);
    const std::uint8_t* lane = codes.block(id / kBlockCodes) + 2 * (id % kBlockCodes);
    for (std::size_t i = 0; i < n_bytes; ++i) row[i] = lane[(i / 2) * kRowBytes + i % 2];
}

void gather_codes(const BlockedCodes& codes, const std::int64_t* ids, std::size_t n_ids,
                  std::uint8_t* rows) {
    for (std::size_t i = 0; i < n_ids; ++i)
        read_code(codes, static_cast<std::uint64_t>(ids[i]),
                  rows + i * bytes_per_code(codes.n_bits));
}

void to_words(const std::uint8_t* row, std::size_t n_bits, std::uint16_t* out) {
    const std::size_t n_bytes = bytes_per_code(n_bits);
    for (std::size_t w = 0; w < words_per_code(n_bits); ++w) {
        std::uint8_t bytes[2];
        copy_word(row, n_bytes, w, bytes);
        out[w] = static_cast<std::uint16_t>(bytes[0] | bytes[1] << 8);
    }
}

std::uint64_t count_stray_bits(const BlockedCodes& codes) {
    std::uint64_t stray = 0;
    const unsigned used = (codes.n_bits - 1) % kWordBits + 1;
    const unsigned spare = 0xFFFFu & ~((1u << used) - 1);
    for (std::uint64_t b = 0; b < codes.n_blocks(); ++b) {
        const std::uint64_t lanes = std::min<std::uint64_t>(32, codes.n_codes - b * kBlockCodes);
        for (std::size_t w = 0; w < codes.n_words(); ++w) {
            const std::uint8_t* row = codes.block(b) + w * kRowBytes;
            for (std::size_t lane = 0; lane < kBlockCodes; ++lane) {
                const unsigned word = row[2 * lane] | row[2 * lane + 1] << 8;
                const bool last = w + 1 == codes.n_words();
                const unsigned wrong = lane >= lanes ? word : last ? word & spare : 0;
                stray += std::popcount(wrong);
            }
        }
    }
    return stray;
}

std::uint64_t read_all(const std::uint8_t* data, std::size_t n_bytes) {
    constexpr std::size_t kChains = 32, kStep = 8 * kChains, kAhead = 2048;
    std::uint64_t chains[kChains] = {};
    std::uint64_t words[kChains];
    std::size_t i = 0;
    for (; i + kStep <= n_bytes; i += kStep) {
        for (std::size_t line = 0; line < kStep; line += 64) read_soon(data + i + kAhead + line);
        std::memcpy(words, data + i, kStep);
        for (std::size_t c = 0; c < kChains; ++c) chains[c] ^= words[c];
    }
    for (; i + 8 <= n_bytes; i += 8) {
        std::memcpy(words, data + i, 8);
        chains[0] ^= words[0];
    }
    std::uint64_t total = 0;
    for (const std::uint64_t chain : chains) total ^= chain;
    return total;
}

void hamming_rows(const std::uint8_t* a, const std::uint8_t* b, std::size_t n_rows,
                  std::size_t n_bytes, std::int32_t* out) {
    for (std::size_t i = 0; i < n_rows; ++i, a += n_bytes, b += n_bytes) {
        int distance = 0;
        std::size_t j = 0;
        for (; j + 8 <= n_bytes; j += 8) {
            std::uint64_t x, y;
            std::memcpy(&x, a + j, 8);
            std::memcpy(&y, b + j, 8);
            distance += std::popcount(x ^ y);
        }
        for (; j < n_bytes; ++j) distance += std::popcount(static_cast<unsigned>(a[j] ^ b[j]));
        out[i] = distance;
    }
}

}  // namespace iiq
