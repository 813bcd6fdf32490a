// Reading of vectors in text form.
#include "bindings/bindings.h"
#include "text/format.h"
#include "text/vectors.h"

namespace py = pybind11;

namespace iiq::bindings {

namespace {

py::object damage_of(const text::Damage& damage) {
    if (damage.fault == text::Fault::none) return py::none();
    return py::make_tuple(static_cast<int>(damage.fault), damage.line, damage.found,
                          py::bytes(damage.field));
}

py::tuple parse_vectors(const py::buffer& buffer, std::size_t dim, unsigned threads) {
    const py::buffer_info info = buffer.request();
    require(info.ndim == 1 && info.itemsize == 1 && info.strides[0] == 1,
            "text must be bytes that lie side by side");
    const std::string_view content(static_cast<const char*>(info.ptr),
                                   static_cast<std::size_t>(info.size));
    const std::size_t capacity = text::count_lines(content);
    py::array_t<float> vectors({static_cast<py::ssize_t>(capacity), static_cast<py::ssize_t>(dim)});
    float* rows = vectors.mutable_data();
    text::ParsedVectors parsed;
    {
        py::gil_scoped_release release;
        parsed = text::parse_vectors(content, dim, threads, rows);
    }
    const auto n_rows = static_cast<py::ssize_t>(parsed.n_rows);
    py::array_t<std::int64_t> lines(n_rows, parsed.lines.data());
    return py::make_tuple(py::bytes(parsed.words), vectors[py::slice(0, n_rows, 1)], lines,
                          capacity, damage_of(parsed.damage));
}

py::bytes format_rows(const py::bytes& words, const Array<float>& vectors) {
    require(vectors.ndim() == 2, "vectors must be a matrix");
    const auto n_rows = static_cast<std::size_t>(vectors.shape(0));
    const auto dim = static_cast<std::size_t>(vectors.shape(1));
    const std::string_view joined(words);
    std::string lines;
    {
        py::gil_scoped_release release;
        lines = text::format_rows(joined, vectors.data(), n_rows, dim);
    }
    return py::bytes(lines);
}

}  // namespace

void add_text(py::module_& m) {
    m.def(
        "parse_vectors", &parse_vectors, py::arg("text"), py::arg("dim"), py::arg("threads"),
        "Parse lines of a word and dim numbers: (words joined by newlines, float32 (n, dim), the\n"
        "line of each row from 0, the number of lines, None or the damage (kind, line, numbers "
        "found, field)).");
    m.def("format_rows", &format_rows, py::arg("words"), py::arg("vectors"),
          "Lines of words (joined by newlines) and their numbers that read back the same.");
}

}  // namespace iiq::bindings
