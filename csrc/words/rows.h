// The row of each word as a function of its hash that needs no keys: three numbers, xor-ed.
//
// A number of `row_bits` bits lies at every place of the segments; those of a word's three places
// give its row by exclusive or. For any other word they give anything: whoever asks compares the
// word of that row. The idea: Graf and Lemire, Binary Fuse Filters, JEA 2022; as a map rather than
// a filter, Dietzfelbinger and Pagh, Succinct Data Structures for Retrieval, ICALP 2008.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "words/hash.h"
#include "words/pieces.h"

namespace iiq::words {

constexpr std::size_t kReadAhead = 8;  // bytes after the last number, so that eight can be read

struct RowFunction {
    std::uint64_t seed = 0;
    Segments segments;
    unsigned row_bits = 1;  // at most 40
    std::vector<std::uint8_t> numbers;
};

// The bytes that numbers of `row_bits` bits at `n_places` take, read-ahead included.
constexpr std::uint64_t bytes_of_rows(std::uint64_t n_places, unsigned row_bits) {
    return (n_places * row_bits + 7) / 8 + kReadAhead;
}

// The eight bytes from the first that holds bits of the number at `place`, and the number in them.
inline std::uint64_t first_byte(std::uint64_t place, unsigned row_bits) {
    return place * row_bits / 8;
}
inline std::uint64_t read_number(const std::uint8_t* numbers, std::uint64_t place,
                                 unsigned row_bits) {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, numbers + first_byte(place, row_bits), sizeof bytes);
    return (bytes >> (place * row_bits % 8)) & ((std::uint64_t{1} << row_bits) - 1);
}

// Two rows of one word.
struct Duplicate {
    std::uint64_t first = 0, second = 0;
};

// Make the function of `words`. False if a word stands twice: then `duplicate` says where.
bool build_rows(const Letters& words, RowFunction& function, Duplicate& duplicate);

}  // namespace iiq::words
