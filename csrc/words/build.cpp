#include "words/build.h"

#include <cstring>

namespace iiq::words {

namespace {

void write_text(const Letters& words, const Pieces& pieces, Built& built) {
    PieceWriter writer(pieces);
    built.starts.reserve(words.n_words / kBlockWords + 2);
    for (std::uint64_t i = 0; i < words.n_words; ++i) {
        if (i % kBlockWords == 0) built.starts.push_back(built.text.size());
        writer.write(words.word(i), built.text);
    }
    built.starts.push_back(built.text.size());
}

void write_pieces(const Pieces& pieces, Built& built) {
    built.pieces.resize(kCodes * kPieceBytes);
    for (unsigned code = 0; code < kCodes; ++code) {
        std::uint8_t* piece = built.pieces.data() + code * kPieceBytes;
        piece[0] = pieces.sizes[code];
        std::memcpy(piece + 1, &pieces.letters[code], kLongestPiece);
    }
}

void write_checks(Built& built) {
    built.checks = {check_of_head(built.numbers.data(), built.pieces.data())};
    append_checks(reinterpret_cast<const std::uint8_t*>(built.starts.data()),
                  8 * built.starts.size(), built.checks);
    append_checks(built.text.data(), built.text.size(), built.checks);
    append_checks(built.rows.data(), built.rows.size(), built.checks);
}

}  // namespace

bool Builder::build(Built& built, Duplicate& duplicate) const {
    const Letters words = all();
    RowFunction function;
    if (!build_rows(words, function, duplicate)) return false;
    const Pieces pieces = train_pieces(words);
    built.rows = std::move(function.numbers);
    built.numbers = {words.n_words,          pieces.first_end,    function.seed,
                     function.segments.bits, function.segments.n, function.row_bits};
    write_pieces(pieces, built);
    write_text(words, pieces, built);
    write_checks(built);
    return true;
}

}  // namespace iiq::words
