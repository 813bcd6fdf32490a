// Any bytes as a text of vectors: no read outside it, and what is told of it holds together.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <string_view>

#include "fuzz/bytes.h"
#include "text/vectors.h"

namespace text = iiq::text;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::size_t dim = 1 + data[0] % 5;
    // a copy as long as the text: a read past it is seen
    const std::unique_ptr<char[]> copy(new char[size - 1]);
    std::memcpy(copy.get(), data + 1, size - 1);
    const std::string_view view(copy.get(), size - 1);
    const std::size_t n_lines = text::count_lines(view);
    std::vector<float> vectors(n_lines * dim);
    const text::ParsedVectors read = text::parse_vectors(view, dim, 4, vectors.data());
    if (read.damage.fault != text::Fault::none) {
        fuzz::must(read.damage.line >= 0 && read.damage.line < std::int64_t(n_lines), "line");
        return 0;
    }
    fuzz::must(read.n_rows <= n_lines && read.lines.size() == read.n_rows, "rows");
    const auto breaks = std::count(read.words.begin(), read.words.end(), '\n');
    fuzz::must(std::size_t(breaks) == (read.n_rows ? read.n_rows - 1 : 0), "words");
    fuzz::must(std::is_sorted(read.lines.begin(), read.lines.end()), "order of lines");
    for (std::size_t i = 0; i < read.n_rows * dim; ++i)
        fuzz::must(std::isfinite(vectors[i]), "a number that is not finite");
    return 0;
}
