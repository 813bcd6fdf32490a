// Bit flips of codes that are longer than the vectors.
#include "train/refine.h"

#include "bindings/bindings.h"
#include "kernels/cpu.h"

namespace py = pybind11;

namespace iiq::bindings {
namespace {

Array<std::uint8_t> refine_codes(const Array<float>& X, const Array<std::uint8_t>& codes,
                                 const Array<double>& mean, const Array<std::int16_t>& projection,
                                 const Array<std::int16_t>& gram, double scale, unsigned threads,
                                 const std::string& kernels) {
    require(X.ndim() == 2 && codes.ndim() == 2 && projection.ndim() == 2 && gram.ndim() == 2,
            "X, codes, projection and gram must be 2-D");
    const auto n = X.shape(0), dim = X.shape(1), n_bits = projection.shape(1);
    require(codes.shape(0) == n && codes.shape(1) == (n_bits + 7) / 8, "codes do not fit X");
    require(mean.size() == dim && projection.shape(0) == dim, "mean and projection do not fit X");
    require(gram.shape(0) == n_bits && gram.shape(1) == n_bits, "gram does not fit the projection");
    require(scale >= 0 && scale < 65536, "scale must be between 0 and 65536");
    const Isa isa = find_set(kernels);
    Array<std::uint8_t> refined({n, codes.shape(1)});
    std::uint8_t* out = refined.mutable_data();
    const py::gil_scoped_release release;
    std::copy_n(codes.data(), codes.size(), out);
    const Refiner refiner(mean.data(), projection.data(), gram.data(), dim, n_bits, isa);
    refiner.refine(X.data(), n, scale, out, threads);
    return refined;
}

std::pair<std::int64_t, std::int64_t> projected_l1(const Array<float>& X, const Array<double>& mean,
                                                   const Array<std::int16_t>& projection,
                                                   const std::string& kernels) {
    require(X.ndim() == 2 && projection.ndim() == 2, "X and projection must be 2-D");
    const auto n = X.shape(0), dim = X.shape(1);
    require(mean.size() == dim && projection.shape(0) == dim, "mean and projection do not fit X");
    const Isa isa = find_set(kernels);
    const py::gil_scoped_release release;
    const Refiner refiner(mean.data(), projection.data(), nullptr, dim, projection.shape(1), isa);
    const Refiner::Sum sum = refiner.sum_of_l1(X.data(), n);
    return {sum.total, sum.n_rows};
}

}  // namespace

void add_refine(py::module_& m) {
    using namespace py::literals;
    m.def("refine_codes", &refine_codes, "X"_a, "codes"_a, "mean"_a, "projection"_a, "gram"_a,
          "scale"_a, "threads"_a, "kernels"_a,
          "Flip bits of packed codes while that lowers |scale x P / |x P| - R b|; a new array.");
    m.def("projected_l1", &projected_l1, "X"_a, "mean"_a, "projection"_a, "kernels"_a,
          "Sum over rows of |x P|_1 / |x P|_2 in units of 2^-20, and the rows that count.");
}

}  // namespace iiq::bindings
