// Codes chosen for a decoder, and the sums it is learned from.
#include "train/refine.h"

#include "bindings/bindings.h"
#include "kernels/cpu.h"

namespace py = pybind11;

namespace iiq::bindings {
namespace {

Array<std::int16_t> unit_rows_of(const Array<float>& X, const Array<double>& mean,
                                 const Array<double>& removed, unsigned threads) {
    require(X.ndim() == 2 && removed.ndim() == 2, "X and removed must be 2-D");
    const auto n = X.shape(0), dim = X.shape(1);
    require(mean.size() == dim && removed.shape(1) == dim, "mean and removed do not fit X");
    Array<std::int16_t> units({n, dim});
    std::int16_t* out = units.mutable_data();
    const py::gil_scoped_release release;
    unit_rows(X.data(), n, mean.data(), removed.data(), removed.shape(0), dim, out, threads);
    return units;
}

void check_codes(const Array<std::int16_t>& units, const Array<std::uint8_t>& codes,
                 py::ssize_t n_bits) {
    require(units.ndim() == 2 && codes.ndim() == 2, "units and codes must be 2-D");
    require(codes.shape(0) == units.shape(0) && codes.shape(1) == (n_bits + 7) / 8,
            "codes do not fit units");
}

Array<std::uint8_t> refine_codes(const Array<std::int16_t>& units, const Array<std::uint8_t>& codes,
                                 const Array<std::int16_t>& decoder, int shift,
                                 const Array<std::int16_t>& gram, unsigned threads,
                                 const std::string& kernels) {
    require(decoder.ndim() == 2 && gram.ndim() == 2, "decoder and gram must be 2-D");
    const auto n_bits = decoder.shape(0), dim = decoder.shape(1);
    check_codes(units, codes, n_bits);
    require(units.shape(1) == dim, "the decoder does not fit units");
    require(gram.shape(0) == n_bits && gram.shape(1) == n_bits, "gram does not fit the decoder");
    require(shift >= 0 && shift < 32, "shift must be between 0 and 31");
    const Isa isa = find_set(kernels);
    const auto n = units.shape(0);
    Array<std::uint8_t> refined({n, codes.shape(1)});
    std::uint8_t* out = refined.mutable_data();
    const py::gil_scoped_release release;
    std::copy_n(codes.data(), codes.size(), out);
    const Refiner refiner(decoder.data(), shift, gram.data(), dim, n_bits, isa);
    refiner.refine(units.data(), n, out, threads);
    return refined;
}

std::pair<Array<std::int32_t>, Array<std::int32_t>> code_sums_of(const Array<std::int16_t>& units,
                                                                 const Array<std::uint8_t>& codes,
                                                                 py::ssize_t n_bits,
                                                                 unsigned threads,
                                                                 const std::string& kernels) {
    require(n_bits > 0, "n_bits must be positive");
    check_codes(units, codes, n_bits);
    const auto n = units.shape(0), dim = units.shape(1);
    require(n <= 1 << 16, "at most 65536 rows: their sums fit 32 bits");
    const RefineKernels& set = refine_kernels(find_set(kernels));
    Array<std::int32_t> agreement({n_bits, n_bits}), cross({n_bits, dim});
    std::int32_t *of_codes = agreement.mutable_data(), *of_units = cross.mutable_data();
    {
        const py::gil_scoped_release release;
        code_sums(units.data(), codes.data(), n, dim, n_bits, of_codes, of_units, threads, set);
    }
    return {agreement, cross};
}

}  // namespace

void add_refine(py::module_& m) {
    using namespace py::literals;
    m.def("unit_rows", &unit_rows_of, "X"_a, "mean"_a, "removed"_a, "threads"_a,
          "Rows less mean and removed directions (D, dim), scaled to length 2^14: int16.");
    m.def("refine_codes", &refine_codes, "units"_a, "codes"_a, "decoder"_a, "shift"_a, "gram"_a,
          "threads"_a, "kernels"_a,
          "Flip bits of packed codes while that lowers |z - M^T b|; a new array.");
    m.def("code_sums", &code_sums_of, "units"_a, "codes"_a, "n_bits"_a, "threads"_a, "kernels"_a,
          "B^T B and B^T units, B the codes as +-1: int32.");
}

}  // namespace iiq::bindings
