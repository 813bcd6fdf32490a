// Codes in and out of the blocked layout.
#pragma once

#include <cstddef>
#include <cstdint>

#include "codes/layout.h"

namespace iiq {

// Write row-major codes (n_codes x bytes_per_code) in the blocked layout: out holds
// blocks_for(n_codes) * block_bytes(n_bits) bytes, all of which are written.
void to_blocks(const std::uint8_t* codes, std::uint64_t n_codes, std::size_t n_bits,
               unsigned threads, std::uint8_t* out);

// Write code `id` as a row of bytes_per_code bytes.
void read_code(const BlockedCodes& codes, std::uint64_t id, std::uint8_t* row);

// Write the codes of `ids` (each below n_codes) as rows.
void gather_codes(const BlockedCodes& codes, const std::int64_t* ids, std::size_t n_ids,
                  std::uint8_t* rows);

// The words of one row-major code: out holds words_per_code(n_bits) words.
void to_words(const std::uint8_t* row, std::size_t n_bits, std::uint16_t* out);

// The number of bits set past n_bits in codes or blocks that should be clean, and in the codes past
// n_codes: 0 for a sound set of blocks.
std::uint64_t count_stray_bits(const BlockedCodes& codes);

// The exclusive or of all 8-byte words (the bytes past the last one left out): reads memory as fast
// as it goes, for the benchmark that compares searches with it.
std::uint64_t read_all(const std::uint8_t* data, std::size_t n_bytes);

// Hamming distance of row i of a and row i of b, each of n_bytes bytes.
void hamming_rows(const std::uint8_t* a, const std::uint8_t* b, std::size_t n_rows,
                  std::size_t n_bytes, std::int32_t* out);

}  // namespace iiq
