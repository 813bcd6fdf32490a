// Words written in codes of one byte, each of which stands for a piece of up to 8 letters.
//
// A letter is a byte of UTF-8. Codes below `first_end` go on, the others end the word: with them no
// lengths are stored, and a word is skipped by looking for the next byte of at least `first_end`.
// Code 0 is followed by the two halves of a letter that is no piece of its own (0 to 15 each, so
// that they end nothing). Code `first_end` is the empty piece that ends.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace iiq::words {

constexpr unsigned kCodes = 256;
constexpr unsigned kLongestPiece = 8;
constexpr unsigned kLeastFirstEnd = 16;  // the halves of a letter are below it

struct Pieces {
    std::array<std::uint64_t, kCodes> letters{};  // the first letter in the lowest byte
    std::array<std::uint8_t, kCodes> sizes{};
    unsigned first_end = kLeastFirstEnd;
};

// Letters end to end: word i is letters[i == 0 ? 0 : ends[i - 1] .. ends[i]).
struct Letters {
    const char* data = nullptr;
    const std::uint64_t* ends = nullptr;
    std::uint64_t n_words = 0;

    std::string_view word(std::uint64_t i) const {
        const std::uint64_t begin = i == 0 ? 0 : ends[i - 1];
        return {data + begin, static_cast<std::size_t>(ends[i] - begin)};
    }
};

// Choose the pieces that write `words` in few codes; looks at evenly spaced words only.
Pieces train_pieces(const Letters& words);

// Writes words in the fewest codes that the pieces allow.
class PieceWriter {
  public:
    explicit PieceWriter(const Pieces& pieces);

    // Append the codes of `word`.
    void write(std::string_view word, std::vector<std::uint8_t>& out);

    // What write would choose at each letter: a code, kEscape + the letter, or kBareEnd.
    static constexpr std::uint16_t kEscape = 256;
    static constexpr std::uint16_t kBareEnd = 512;
    const std::vector<std::uint16_t>& parse(std::string_view word);

  private:
    struct Range {
        std::uint16_t begin = 0, end = 0;
    };
    Pieces pieces_;
    std::array<Range, 256> inner_{}, ending_{};  // codes by first letter, the longest first
    std::vector<std::uint16_t> choices_;
};

}  // namespace iiq::words
