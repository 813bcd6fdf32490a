#include "words/store.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <stdexcept>

#include "base/prefetch.h"

namespace iiq::words {

namespace {

constexpr std::size_t kUnderWay = 32;  // look-ups of find_many at once
constexpr std::size_t kHeld = 56;      // letters that are put together before they are used
constexpr std::uint64_t kBytes = 0x0101010101010101u;
constexpr std::uint64_t kHighBits = 0x8080808080808080u;
constexpr std::uint64_t kReach = 256;  // bytes of a block that are asked for ahead
constexpr std::uint64_t kMostWords = std::uint64_t{1} << 32;
constexpr std::uint64_t kMostSegmentBits = 20;

[[noreturn]] void damaged(const std::string& what) {
    throw std::invalid_argument("damaged word table: " + what);
}

std::uint64_t low_bytes(unsigned n) {
    return n >= 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * n)) - 1;
}

// The first eight of the bytes before `end`; zeros where there are fewer.
std::uint64_t load(const std::uint8_t* at, const std::uint8_t* end) {
    std::uint64_t bytes = 0;
    if (end - at >= 8) {
        std::memcpy(&bytes, at, 8);
    } else {
        for (unsigned i = 0; at + i < end; ++i) bytes |= std::uint64_t{at[i]} << (8 * i);
    }
    return bytes;
}

// The highest bit of each byte that is at least `limit` (1 to 255), in eight bytes at once.
class AtLeast {
  public:
    explicit AtLeast(unsigned limit)
        : added_((0x80 - (limit & 0x7f)) * kBytes), needs_high_(limit >= 0x80) {}

    std::uint64_t operator()(std::uint64_t bytes) const {
        const std::uint64_t sum = (bytes & ~kHighBits) + added_;
        return (needs_high_ ? sum & bytes : sum | bytes) & kHighBits;
    }

  private:
    std::uint64_t added_;
    bool needs_high_;
};

std::uint64_t checked_number(const Parts& parts, Number which, std::uint64_t low,
                             std::uint64_t high, const char* name) {
    const std::uint64_t value = parts.numbers[which];
    if (value < low || value > high) {
        damaged(std::string(name) + " is " + std::to_string(value) + ", not from " +
                std::to_string(low) + " to " + std::to_string(high));
    }
    return value;
}

Pieces pieces_of(const Parts& parts) {
    Pieces pieces;
    pieces.first_end = static_cast<unsigned>(
        checked_number(parts, kFirstEnd, kLeastFirstEnd, kCodes - 1, "the first ending code"));
    for (unsigned code = 0; code < kCodes; ++code) {
        const std::uint8_t* piece = parts.pieces + code * kPieceBytes;
        if (piece[0] > kLongestPiece) damaged("a piece of " + std::to_string(piece[0]));
        pieces.sizes[code] = piece[0];
        std::memcpy(&pieces.letters[code], piece + 1, kLongestPiece);
        pieces.letters[code] &= low_bytes(piece[0]);
    }
    return pieces;
}

// Sizes that fit one another, so that what is read later lies inside.
Parts checked(const Parts& parts) {
    const std::uint64_t n = checked_number(parts, kWords, 0, kMostWords, "the number of words");
    const std::uint64_t bits =
        checked_number(parts, kSegmentBits, 0, kMostSegmentBits, "the segment's bits");
    const std::uint64_t segments =
        checked_number(parts, kSegments, 1, kMostWords - 1, "the number of segments");
    const std::uint64_t row_bits = checked_number(parts, kRowBits, 1, 33, "the bits of a row");
    const std::uint64_t places = (segments + 2) << bits;
    if (parts.n_starts != (n + kBlockWords - 1) / kBlockWords + 1 ||
        parts.n_rows != bytes_of_rows(places, static_cast<unsigned>(row_bits))) {
        damaged(std::to_string(n) + " words and " + std::to_string(places) + " places of " +
                std::to_string(row_bits) + " bits do not fit " + std::to_string(parts.n_starts) +
                " starts and " + std::to_string(parts.n_rows) + " bytes of rows");
    }
    const std::uint64_t n_checks =
        1 + pages_of(8 * parts.n_starts) + pages_of(parts.n_text) + pages_of(parts.n_rows);
    if (parts.n_checks != n_checks) {
        damaged(std::to_string(n_checks) + " checksums are needed, there are " +
                std::to_string(parts.n_checks));
    }
    if (check_of_head(parts.numbers, parts.pieces) != parts.checks[0]) {
        damaged("numbers and pieces differ from their checksum");
    }
    return parts;
}

}  // namespace

std::uint32_t check_of_head(const std::uint64_t* numbers, const std::uint8_t* pieces) {
    std::array<std::uint8_t, kNumbers * 8 + kCodes * kPieceBytes> head{};
    std::memcpy(head.data(), numbers, kNumbers * 8);
    std::memcpy(head.data() + kNumbers * 8, pieces, kCodes * kPieceBytes);
    return crc32(head.data(), head.size());
}

Store::Store(const Parts& parts)
    : n_words_(checked(parts).numbers[kWords]),
      seed_(parts.numbers[kSeed]),
      segments_{static_cast<unsigned>(parts.numbers[kSegmentBits]), parts.numbers[kSegments]},
      row_bits_(static_cast<unsigned>(parts.numbers[kRowBits])),
      pieces_(pieces_of(parts)),
      starts_(reinterpret_cast<const std::uint8_t*>(parts.starts), 8 * parts.n_starts,
              parts.checks + 1, "starts"),
      text_(parts.text, parts.n_text, parts.checks + 1 + pages_of(8 * parts.n_starts), "text"),
      rows_(parts.rows, parts.n_rows,
            parts.checks + 1 + pages_of(8 * parts.n_starts) + pages_of(parts.n_text), "rows") {}

std::uint64_t Store::row_of(std::uint64_t hash) const {
    std::uint64_t row = 0;
    for (const std::uint64_t place : segments_.places(hash)) {
        const std::uint64_t at = first_byte(place, row_bits_);
        const std::uint8_t* bytes = rows_.read(at, at + sizeof(std::uint64_t));
        row ^= read_number(bytes - at, place, row_bits_);
    }
    return row;
}

Store::Block Store::block_of(std::uint64_t row) const {
    std::array<std::uint64_t, 2> ends{};
    const std::uint64_t at = row / kBlockWords * 8;
    std::memcpy(ends.data(), starts_.read(at, at + sizeof ends), sizeof ends);
    return {ends[0], ends[1]};
}

const std::uint8_t* Store::skip(Place place, unsigned n_words) const {
    if (n_words == 0) return place.begin;
    const AtLeast ends_word(pieces_.first_end);
    for (const std::uint8_t* at = place.begin; at < place.end;
         at += std::min<std::ptrdiff_t>(place.end - at, 8)) {
        // In byte i the words that end in bytes 0 to i; zeros end nothing.
        const std::uint64_t ended = (ends_word(load(at, place.end)) >> 7) * kBytes;
        const auto n_ended = static_cast<unsigned>(ended >> 56);
        if (n_ended >= n_words) {
            const std::uint64_t before = ~((ended | kHighBits) - n_words * kBytes) & kHighBits;
            return at + (((before >> 7) * kBytes) >> 56) + 1;
        }
        n_words -= n_ended;
    }
    damaged("a block ends before its last word");
}

Store::Place Store::place_of(std::uint64_t row) const { return place_in(block_of(row), row); }

Store::Place Store::place_in(Block block, std::uint64_t row) const {
    const std::uint8_t* begin = text_.read(block.begin, block.end);
    const std::uint8_t* end = begin + (block.end - block.begin);
    return {skip({begin, end}, static_cast<unsigned>(row % kBlockWords)), end};
}

// Calls piece(letters, size) for each piece of the word at `place` until one gives false or the
// word ends. Returns where the next word begins, or null if it was given false.
template <class Piece>
static const std::uint8_t* each_piece(const Pieces& pieces, Store::Place place, Piece&& piece) {
    for (const std::uint8_t* at = place.begin; at < place.end;) {
        const unsigned code = *at++;
        if (code != 0) {
            if (!piece(pieces.letters[code], unsigned{pieces.sizes[code]})) return nullptr;
            if (code >= pieces.first_end) return at;
            continue;
        }
        if (place.end - at < 2 || (at[0] | at[1]) > 15) damaged("half a letter");
        if (!piece(std::uint64_t{at[0]} << 4 | at[1], 1u)) return nullptr;
        at += 2;
    }
    damaged("a word without an end");
}

// The letters of a word, piece after piece, handed on in runs: use(letters, size) until it gives
// false. Returns as each_piece does; null, too, where the last run was given false.
template <class Use>
static const std::uint8_t* each_run(const Pieces& pieces, Store::Place place, Use&& use) {
    std::array<char, kHeld + kLongestPiece> held;
    std::size_t n = 0;
    const std::uint8_t* next = each_piece(pieces, place, [&](std::uint64_t letters, unsigned size) {
        std::memcpy(&held[n], &letters, kLongestPiece);
        n += size;
        if (n < kHeld) return true;
        const bool go_on = use(held.data(), n);
        n = 0;
        return go_on;
    });
    return next != nullptr && use(held.data(), n) ? next : nullptr;
}

bool Store::is_word(Place place, std::string_view word) const {
    const bool begins = each_run(pieces_, place, [&](const char* letters, std::size_t size) {
        if (size > word.size() || std::memcmp(letters, word.data(), size) != 0) return false;
        word.remove_prefix(size);
        return true;
    });
    return begins && word.empty();
}

const std::uint8_t* Store::read_word(Place place, std::string& out) const {
    return each_run(pieces_, place, [&](const char* letters, std::size_t size) {
        out.append(letters, size);
        return true;
    });
}

std::int64_t Store::find(std::string_view word) const {
    if (n_words_ == 0) return -1;
    const std::uint64_t row = row_of(hash_of(word, seed_));
    return row < n_words_ ? if_there(row, block_of(row), word) : -1;
}

void Store::find_many(const std::string_view* words, std::size_t n, std::int64_t* rows) const {
    std::array<std::uint64_t, kUnderWay> found{};
    std::array<Block, kUnderWay> blocks{};
    if (n_words_ == 0) {
        std::fill(rows, rows + n, -1);
        return;
    }
    for (std::size_t first = 0; first < n; first += kUnderWay) {
        const std::size_t count = std::min(kUnderWay, n - first);
        for (std::size_t i = 0; i < count; ++i) {
            found[i] = hash_of(words[first + i], seed_);
            for (const std::uint64_t place : segments_.places(found[i])) {
                read_soon(rows_.ahead(first_byte(place, row_bits_)));
            }
        }
        for (std::size_t i = 0; i < count; ++i) {
            found[i] = row_of(found[i]);
            start_soon(found[i]);
        }
        for (std::size_t i = 0; i < count; ++i) {
            if (found[i] >= n_words_) continue;
            blocks[i] = block_of(found[i]);
            read_text_soon(blocks[i], found[i]);
        }
        for (std::size_t i = 0; i < count; ++i) {
            rows[first + i] = if_there(found[i], blocks[i], words[first + i]);
        }
    }
}

void Store::start_soon(std::uint64_t row) const { read_soon(starts_.ahead(row / kBlockWords * 8)); }

void Store::word_soon(std::uint64_t row) const { read_text_soon(block_of(row), row); }

void Store::read_text_soon(Block block, std::uint64_t row) const {
    const std::uint64_t guess = (block.end - block.begin) / kBlockWords * (row % kBlockWords);
    const std::uint64_t reach = std::min<std::uint64_t>(guess, kReach);
    for (std::uint64_t at = 0; at <= reach; at += 64) read_soon(text_.ahead(block.begin + at));
}

std::int64_t Store::if_there(std::uint64_t row, Block block, std::string_view word) const {
    if (row >= n_words_ || !is_word(place_in(block, row), word)) return -1;
    return static_cast<std::int64_t>(row);
}

}  // namespace iiq::words
