// Decoded codes for Python: the vectors of rows, and cosines of them, asked where the codes lie.
#include "codes/decode.h"

#include <algorithm>

#include "bindings/bindings.h"

namespace py = pybind11;
using namespace py::literals;

namespace iiq::bindings {
namespace {

class DecodedCodes {
  public:
    DecodedCodes(Array<std::uint8_t> blocks, std::uint64_t n_codes, std::size_t n_bits,
                 Array<float> rows, Array<double> base, double unit)
        : arrays_(py::make_tuple(blocks, rows, base)),
          codes_(view(blocks, n_codes, n_bits)),
          decoder_{rows.data(), base.data(), unit, static_cast<std::size_t>(base.size())} {
        require(rows.ndim() == 2 && static_cast<std::size_t>(rows.shape(0)) == n_bits,
                "rows must hold one for each bit");
        require(base.size() == rows.shape(1), "base must be as wide as the rows");
    }

    py::array_t<double> rows_at(const Array<std::int64_t>& ids) const {
        const std::size_t n_ids = checked(ids);
        py::array_t<double> vectors({n_ids, decoder_.dim});
        double* out = vectors.mutable_data();
        const py::gil_scoped_release release;
        decode_codes(codes_, ids.data(), n_ids, decoder_, out);
        return vectors;
    }

    py::array_t<double> cosines(std::int64_t one, const Array<std::int64_t>& ids) const {
        const std::size_t n_ids = checked(ids);
        require_id(one);
        py::array_t<double> found(static_cast<py::ssize_t>(n_ids));
        double* out = found.mutable_data();
        const py::gil_scoped_release release;
        cosines_of_codes(codes_, one, ids.data(), n_ids, decoder_, out);
        return found;
    }

    // One row and one cosine take less time than giving up Python's lock.
    py::array_t<double> row_at(std::int64_t id) const {
        require_id(id);
        py::array_t<double> vector(static_cast<py::ssize_t>(decoder_.dim));
        decode_codes(codes_, &id, 1, decoder_, vector.mutable_data());
        return vector;
    }

    double cosine(std::int64_t one, std::int64_t two) const {
        require_id(one);
        require_id(two);
        double found = 0;
        cosines_of_codes(codes_, one, &two, 1, decoder_, &found);
        return found;
    }

  private:
    std::size_t checked(const Array<std::int64_t>& ids) const {
        const auto n_ids = static_cast<std::size_t>(ids.size());
        std::for_each(ids.data(), ids.data() + n_ids, [this](std::int64_t id) { require_id(id); });
        return n_ids;
    }
    void require_id(std::int64_t id) const {
        require(id >= 0 && static_cast<std::uint64_t>(id) < codes_.n_codes,
                "ids must be below n_codes");
    }
    py::tuple arrays_;  // kept alive
    BlockedCodes codes_;
    DecoderRows decoder_;
};

}  // namespace

void add_decode(py::module_& m) {
    py::class_<DecodedCodes>(m, "DecodedCodes",
                             "Codes as vectors: base plus the rows of set bits, in units.")
        .def(py::init<Array<std::uint8_t>, std::uint64_t, std::size_t, Array<float>, Array<double>,
                      double>(),
             "blocks"_a, "n_codes"_a, "n_bits"_a, "rows"_a, "base"_a, "unit"_a)
        .def("rows_at", &DecodedCodes::rows_at, "ids"_a, "The vectors of ids.")
        .def("row_at", &DecodedCodes::row_at, "id"_a, "The vector of one id.")
        .def("cosines", &DecodedCodes::cosines, "one"_a, "ids"_a,
             "The cosines of one vector with those of ids.")
        .def("cosine", &DecodedCodes::cosine, "one"_a, "two"_a, "The cosine of two vectors.");
}

}  // namespace iiq::bindings
