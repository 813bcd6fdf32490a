// Words and their rows in few bytes, asked where they lie: in memory or in a mapped file.
//
// The words stand in the order of their rows, written in pieces (pieces.h), 16 to a block; `starts`
// says where each block begins. The row of a word comes from a function of its hash (rows.h), and
// the word that stands there says whether it is the right one. docs/file-format.md says the same to
// people.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "words/checks.h"
#include "words/pieces.h"
#include "words/rows.h"

namespace iiq::words {

constexpr std::uint64_t kBlockWords = 16;
constexpr std::size_t kPieceBytes = 1 + kLongestPiece;  // the size, the letters

// What is stored, not owned.
struct Parts {
    const std::uint64_t* numbers = nullptr;  // kNumbers of them
    const std::uint8_t* pieces = nullptr;    // kCodes * kPieceBytes
    const std::uint8_t* text = nullptr;
    std::uint64_t n_text = 0;
    const std::uint64_t* starts = nullptr;
    std::uint64_t n_starts = 0;
    const std::uint8_t* rows = nullptr;
    std::uint64_t n_rows = 0;
    const std::uint32_t* checks = nullptr;
    std::uint64_t n_checks = 0;
};
enum Number : std::size_t { kWords, kFirstEnd, kSeed, kSegmentBits, kSegments, kRowBits, kNumbers };

// The checksum of `numbers` and `pieces`, the first of `checks`.
std::uint32_t check_of_head(const std::uint64_t* numbers, const std::uint8_t* pieces);

// Whatever the parts hold, nothing outside them is read; damage is a std::invalid_argument.
class Store {
  public:
    // Checks sizes and the numbers; the rest is checked where it is touched.
    explicit Store(const Parts& parts);

    std::uint64_t size() const { return n_words_; }

    // The row of a word, or -1.
    std::int64_t find(std::string_view word) const;

    // The rows of many words; several look-ups are under way at once.
    void find_many(const std::string_view* words, std::size_t n, std::int64_t* rows) const;

    // Where a word's codes begin and its block ends.
    struct Place {
        const std::uint8_t* begin = nullptr;
        const std::uint8_t* end = nullptr;
    };
    // The place of the word of a row (below size()).
    Place place_of(std::uint64_t row) const;
    // Append the letters of the word that begins at a place; returns where the next one begins.
    const std::uint8_t* read_word(Place place, std::string& out) const;
    // Ask for what place_of reads ahead of its use: where the block begins, then the word.
    void start_soon(std::uint64_t row) const;
    void word_soon(std::uint64_t row) const;

  private:
    struct Block {
        std::uint64_t begin = 0, end = 0;
    };
    std::uint64_t row_of(std::uint64_t hash) const;
    Block block_of(std::uint64_t row) const;
    const std::uint8_t* skip(Place place, unsigned n_words) const;
    Place place_in(Block block, std::uint64_t row) const;
    void read_text_soon(Block block, std::uint64_t row) const;
    std::int64_t if_there(std::uint64_t row, Block block, std::string_view word) const;
    bool is_word(Place place, std::string_view word) const;

    std::uint64_t n_words_;
    std::uint64_t seed_;
    Segments segments_;
    unsigned row_bits_;
    Pieces pieces_;
    CheckedBytes starts_, text_, rows_;
};

}  // namespace iiq::words
