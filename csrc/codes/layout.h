// How codes lie in memory: the contract that the kernels, the index and the saved file share.
//
// Row-major: bit j of a code is bit j % 8 of its byte j / 8; bits past n_bits are zero.
// Blocked: 32 codes make a block. Word w of a code is its bits 16 w .. 16 w + 15; a block holds,
// for each w, the word w of its 32 codes side by side (64 bytes, each word little-endian). Codes
// past the last one are zero. docs/bit-layout.md says the same to people.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace iiq {

// Words of codes are read as numbers where they lie, and files are mapped as they are.
static_assert(std::endian::native == std::endian::little,
              "iiq needs a little-endian CPU: codes in memory and in files are little-endian");

constexpr std::size_t kBlockCodes = 32;
constexpr std::size_t kWordBits = 16;
constexpr std::size_t kRowBytes = 64;  // one word of 32 codes

constexpr std::size_t words_per_code(std::size_t n_bits) {
    return (n_bits + kWordBits - 1) / kWordBits;
}
constexpr std::size_t bytes_per_code(std::size_t n_bits) { return (n_bits + 7) / 8; }
constexpr std::size_t block_bytes(std::size_t n_bits) { return words_per_code(n_bits) * kRowBytes; }
constexpr std::uint64_t blocks_for(std::uint64_t n_codes) {
    return (n_codes + kBlockCodes - 1) / kBlockCodes;
}

// Codes in the blocked layout, not owned.
struct BlockedCodes {
    const std::uint8_t* data = nullptr;
    std::uint64_t n_codes = 0;
    std::size_t n_bits = 0;

    std::size_t n_words() const { return words_per_code(n_bits); }
    std::uint64_t n_blocks() const { return blocks_for(n_codes); }
    const std::uint8_t* block(std::uint64_t b) const { return data + b * block_bytes(n_bits); }
};

}  // namespace iiq
