#include "text/format.h"

#include <charconv>
#include <cstdio>
#include <stdexcept>

namespace iiq::text {

namespace {

constexpr std::size_t kLongestNumber = 32;

char* write_number(char* out, float value) {
#if defined(__cpp_lib_to_chars)
    return std::to_chars(out, out + kLongestNumber, value).ptr;
#else
    return out + std::snprintf(out, kLongestNumber, "%.9g", static_cast<double>(value));
#endif
}

}  // namespace

std::string format_rows(std::string_view words, const float* vectors, std::size_t n_rows,
                        std::size_t dim) {
    std::string lines;
    lines.reserve(words.size() + n_rows * (11 * dim + 2));
    char number[kLongestNumber];
    std::size_t begin = 0;
    for (std::size_t row = 0; row < n_rows; ++row) {
        const std::size_t newline = words.find('\n', begin);
        if ((newline == std::string_view::npos) != (row + 1 == n_rows)) {
            throw std::invalid_argument("as many words as rows are needed");
        }
        lines += words.substr(begin, newline - begin);
        begin = newline + 1;
        for (std::size_t j = 0; j < dim; ++j) {
            lines += ' ';
            lines.append(number, write_number(number, vectors[row * dim + j]));
        }
        lines += '\n';
    }
    return lines;
}

}  // namespace iiq::text
