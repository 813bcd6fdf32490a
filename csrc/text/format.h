// Rows of words and vectors as lines of text that read back as the same floats.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace iiq::text {

// Write a line for each of `n_rows` words, joined by '\n' in `words`: the word, then each of `dim`
// numbers after a space. A number is the shortest decimal that reads back as the same float, fixed
// or scientific whichever is shorter. Throws std::invalid_argument if there are fewer or more
// words.
std::string format_rows(std::string_view words, const float* vectors, std::size_t n_rows,
                        std::size_t dim);

}  // namespace iiq::text
