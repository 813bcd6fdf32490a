#include "words/pieces.h"

#include <algorithm>
#include <tuple>

namespace iiq::words {

namespace {

constexpr std::uint64_t kSampleWords = 1 << 14;
constexpr std::size_t kSampleLetters = 64;  // of a word
constexpr int kRounds = 5;
constexpr std::size_t kChosen = kCodes - 2;  // but the escape and the bare end
constexpr std::size_t kMostEnds = kCodes - kLeastFirstEnd - 1;
constexpr std::size_t kSymbols = PieceWriter::kBareEnd + 1;
constexpr std::uint64_t kEscapeCost = 3;

std::uint64_t low_bytes(unsigned n) {
    return n >= 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * n)) - 1;
}

struct Candidate {
    std::uint64_t letters = 0;
    std::uint8_t size = 0;
    bool ends = false;
    std::uint64_t gain = 0;

    std::tuple<std::uint64_t, std::uint8_t, bool> key() const { return {letters, size, ends}; }
    // What it covers: letters and the end. A letter of its own saves its escape.
    std::uint64_t weight() const { return size + ends == 1 ? kEscapeCost : size + ends; }
};

Candidate symbol(const Pieces& pieces, std::size_t s) {
    if (s == PieceWriter::kBareEnd) return {0, 0, true};
    if (s >= PieceWriter::kEscape) return {s - PieceWriter::kEscape, 1, false};
    return {pieces.letters[s], pieces.sizes[s], s >= pieces.first_end};
}

// How often each symbol stands in the sample, and each pair of neighbours.
struct Counts {
    std::vector<std::uint32_t> one = std::vector<std::uint32_t>(kSymbols);
    std::vector<std::uint32_t> two = std::vector<std::uint32_t>(kSymbols * kSymbols);
};

void count_word(const Pieces& pieces, const std::vector<std::uint16_t>& choices, Counts& counts) {
    std::size_t at = 0, before = kSymbols;
    for (bool ends = false; !ends;) {
        const std::size_t s = choices[at];
        ++counts.one[s];
        if (before != kSymbols) ++counts.two[before * kSymbols + s];
        const Candidate piece = symbol(pieces, s);
        ends = piece.ends;
        at += piece.size;
        before = s;
    }
}

void add(Candidate candidate, std::uint64_t count, std::vector<Candidate>& found) {
    candidate.gain = count * candidate.weight();
    found.push_back(candidate);
}

void add_pairs(const Pieces& pieces, const Counts& counts, std::vector<Candidate>& found) {
    for (std::size_t pair = 0; pair < counts.two.size(); ++pair) {
        if (counts.two[pair] == 0) continue;
        const Candidate head = symbol(pieces, pair / kSymbols);
        const Candidate tail = symbol(pieces, pair % kSymbols);
        const unsigned size = unsigned{head.size} + tail.size;
        if (size > kLongestPiece) continue;
        const std::uint64_t moved = tail.size == 0 ? 0 : tail.letters << (8 * head.size);
        add({head.letters | moved, static_cast<std::uint8_t>(size), tail.ends}, counts.two[pair],
            found);
    }
}

// Symbols and pairs of them that fit a piece, each once, with what they would cover.
std::vector<Candidate> candidates(const Pieces& pieces, const Counts& counts) {
    std::vector<Candidate> found;
    for (std::size_t s = 0; s < PieceWriter::kBareEnd; ++s) {
        if (counts.one[s] != 0) add(symbol(pieces, s), counts.one[s], found);
    }
    add_pairs(pieces, counts, found);
    std::sort(found.begin(), found.end(),
              [](const Candidate& a, const Candidate& b) { return a.key() < b.key(); });
    std::size_t n = 0;
    for (const Candidate& candidate : found) {
        if (n > 0 && found[n - 1].key() == candidate.key()) {
            found[n - 1].gain += candidate.gain;
        } else {
            found[n++] = candidate;
        }
    }
    found.resize(n);
    return found;
}

// The candidates of the largest gain, numbered: those that go on by first letter, then those that
// end; of one first letter the longest first.
Pieces choose(std::vector<Candidate> found) {
    std::sort(found.begin(), found.end(), [](const Candidate& a, const Candidate& b) {
        return a.gain != b.gain ? a.gain > b.gain : a.key() < b.key();
    });
    std::vector<Candidate> chosen;
    std::size_t n_ends = 0;
    for (const Candidate& candidate : found) {
        if (chosen.size() == kChosen) break;
        if (candidate.ends && n_ends == kMostEnds) continue;
        n_ends += candidate.ends;
        chosen.push_back(candidate);
    }
    std::sort(chosen.begin(), chosen.end(), [](const Candidate& a, const Candidate& b) {
        const auto order = [](const Candidate& c) {
            return std::tuple(c.ends, c.letters & 0xff, kLongestPiece - c.size, c.letters);
        };
        return order(a) < order(b);
    });
    Pieces pieces;
    const auto n_inner = static_cast<unsigned>(chosen.size() - n_ends);
    pieces.first_end = std::max(kLeastFirstEnd, n_inner + 1);
    unsigned code = 1;
    for (const Candidate& candidate : chosen) {
        if (candidate.ends && code <= pieces.first_end) code = pieces.first_end + 1;
        pieces.letters[code] = candidate.letters;
        pieces.sizes[code] = candidate.size;
        ++code;
    }
    return pieces;
}

}  // namespace

Pieces train_pieces(const Letters& words) {
    const std::uint64_t n_sample = std::min(words.n_words, kSampleWords);
    Pieces pieces;
    for (int round = 0; round < kRounds; ++round) {
        Counts counts;
        PieceWriter writer(pieces);
        for (std::uint64_t i = 0; i < n_sample; ++i) {
            const std::uint64_t step = words.n_words / n_sample;
            const std::string_view word = words.word(i * step).substr(0, kSampleLetters);
            count_word(pieces, writer.parse(word), counts);
        }
        pieces = choose(candidates(pieces, counts));
    }
    return pieces;
}

PieceWriter::PieceWriter(const Pieces& pieces) : pieces_(pieces) {
    for (unsigned code = 1; code < kCodes; ++code) {
        if (pieces.sizes[code] == 0) continue;
        Range& range = (code < pieces.first_end ? inner_ : ending_)[pieces.letters[code] & 0xff];
        if (range.begin == range.end) range.begin = static_cast<std::uint16_t>(code);
        range.end = static_cast<std::uint16_t>(code + 1);
    }
}

const std::vector<std::uint16_t>& PieceWriter::parse(std::string_view word) {
    const std::size_t n = word.size();
    choices_.resize(n + 1);
    choices_[n] = kBareEnd;
    std::array<std::uint64_t, 16> costs{};  // of the letters from i on, by i % 16
    costs[n % 16] = 1;
    std::uint64_t ahead = 0;  // the letters from i on
    for (std::size_t i = n; i-- > 0;) {
        const auto letter = static_cast<std::uint8_t>(word[i]);
        ahead = (ahead << 8) | letter;
        std::uint64_t best = kEscapeCost + costs[(i + 1) % 16];
        std::uint16_t choice = kEscape + letter;
        for (std::uint16_t code = inner_[letter].begin; code < inner_[letter].end; ++code) {
            const unsigned size = pieces_.sizes[code];
            if (size > n - i || (ahead & low_bytes(size)) != pieces_.letters[code]) continue;
            const std::uint64_t cost = 1 + costs[(i + size) % 16];
            if (cost < best) {
                best = cost;
                choice = code;
            }
        }
        for (std::uint16_t code = ending_[letter].begin; code < ending_[letter].end; ++code) {
            if (pieces_.sizes[code] == n - i && ahead == pieces_.letters[code]) {
                best = 1;
                choice = code;
            }
        }
        costs[i % 16] = best;
        choices_[i] = choice;
    }
    return choices_;
}

void PieceWriter::write(std::string_view word, std::vector<std::uint8_t>& out) {
    parse(word);
    for (std::size_t at = 0;;) {
        const std::uint16_t choice = choices_[at];
        if (choice == kBareEnd) {
            out.push_back(static_cast<std::uint8_t>(pieces_.first_end));
            return;
        }
        if (choice >= kEscape) {
            const unsigned letter = choice - kEscape;
            out.push_back(0);
            out.push_back(static_cast<std::uint8_t>(letter >> 4));
            out.push_back(static_cast<std::uint8_t>(letter & 15));
            ++at;
            continue;
        }
        out.push_back(static_cast<std::uint8_t>(choice));
        if (choice >= pieces_.first_end) return;
        at += pieces_.sizes[choice];
    }
}

}  // namespace iiq::words
