// Words and vectors from the text forms of word2vec and GloVe: one word and `dim` numbers a line.
//
// A line ends at '\n'; spaces, tabs and carriage returns before it are dropped; a line of nothing
// else is skipped. Its last `dim` fields, separated by runs of spaces and tabs, are the numbers;
// what stands before them is the word, which may hold spaces (GloVe 840B) and bytes that other
// readers take for white space (U+00A0, U+0085).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace iiq::text {

enum class Fault : int {
    none = 0,
    too_few = 1,     // fewer than `dim` numbers at the end of the line
    no_word = 2,     // `dim` numbers and nothing before them
    not_finite = 3,  // nan, inf, or a value too large for float
};

// The first line that can't be read.
struct Damage {
    Fault fault = Fault::none;
    std::int64_t line = 0;   // from 0, in the text that was handed over
    std::int64_t found = 0;  // how many numbers the line ends with
    std::string field;       // the field that is at fault, where there is one
};

struct ParsedVectors {
    std::size_t n_rows = 0;
    std::string words;                // joined by '\n'; no word holds one
    std::vector<std::int64_t> lines;  // the line of each row, from 0
    Damage damage;
};

// Lines of `text`, a last one without newline included.
std::size_t count_lines(std::string_view text);

// Parse every line of `text` with up to `threads` threads.
//
// `vectors` has room for count_lines(text) rows of `dim` floats; rows past n_rows are left as they
// are. Where a line can't be read the rows are void and `damage` says which and why; it is the
// first such line, whatever the number of threads.
ParsedVectors parse_vectors(std::string_view text, std::size_t dim, unsigned threads,
                            float* vectors);

}  // namespace iiq::text
