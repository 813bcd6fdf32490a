// Fitting and encoding: shapes are checked here, the work is done without the GIL.
#include "bindings/bindings.h"
#include "kernels/cpu.h"
#include "kernels/train/table.h"
#include "train/encode.h"
#include "train/rotation.h"

namespace py = pybind11;

namespace iiq::bindings {
namespace {

const TrainKernels& table(const std::string& kernels) { return train_kernels(find_set(kernels)); }

LinearMap linear_map(const Array<float>& x, const Array<double>& mean,
                     const Array<double>& projection) {
    require(x.ndim() == 2 && mean.ndim() == 1 && projection.ndim() == 2, "wrong number of axes");
    require(x.shape(1) == projection.shape(0) && mean.shape(0) == projection.shape(0),
            "x, mean and projection differ in width");
    require(projection.shape(1) > 0, "a projection needs columns");
    return {mean.data(), projection.data(), static_cast<std::size_t>(projection.shape(0)),
            static_cast<std::size_t>(projection.shape(1))};
}

template <class T>
T* output(Array<T>& array, py::ssize_t rows, py::ssize_t columns) {
    require(array.ndim() == 2 && array.shape(0) == rows && array.shape(1) == columns,
            "the output has the wrong shape");
    return array.mutable_data();
}

std::int64_t encode_rows(const Array<float>& x, const Array<double>& mean,
                         const Array<double>& projection, Array<std::uint8_t> codes,
                         unsigned threads, const std::string& kernels) {
    const LinearMap map = linear_map(x, mean, projection);
    std::uint8_t* out = output(codes, x.shape(0), (projection.shape(1) + 7) / 8);
    const TrainKernels& chosen = table(kernels);
    const float* rows = x.data();
    const std::size_t n = x.shape(0);
    const py::gil_scoped_release release;
    return encode(rows, n, map, out, threads, chosen);
}

std::int64_t project_rows(const Array<float>& x, const Array<double>& mean,
                          const Array<double>& projection, Array<float> y, unsigned threads,
                          const std::string& kernels) {
    const LinearMap map = linear_map(x, mean, projection);
    float* out = output(y, x.shape(0), projection.shape(1));
    const TrainKernels& chosen = table(kernels);
    const float* rows = x.data();
    const std::size_t n = x.shape(0);
    const py::gil_scoped_release release;
    return project(rows, n, map, out, threads, chosen);
}

Array<float> product(const Array<float>& a, const py::array_t<float, 0>& b, unsigned threads,
                     const std::string& kernels) {
    require(a.ndim() == 2 && b.ndim() == 2, "a and b must be 2-D");
    require(a.shape(1) == b.shape(0) && b.shape(1) > 0, "a and b differ in what is summed");
    constexpr py::ssize_t size = sizeof(float);
    const FloatMatrix matrix{b.data(), static_cast<std::size_t>(b.shape(0)),
                             static_cast<std::size_t>(b.shape(1)), b.strides(0) / size,
                             b.strides(1) / size};
    const TrainKernels& chosen = table(kernels);
    Array<float> y({a.shape(0), b.shape(1)});
    float* out = y.mutable_data();
    const float* rows = a.data();
    const std::size_t n = a.shape(0);
    const py::gil_scoped_release release;
    multiply(rows, n, matrix, out, threads, chosen);
    return y;
}

std::int64_t quantize_rows(const Array<float>& x, const Array<double>& mean,
                           const Array<double>& projection, float scale, Array<std::uint8_t> z,
                           Array<std::int64_t> column_sums, unsigned threads,
                           const std::string& kernels) {
    const LinearMap map = linear_map(x, mean, projection);
    require(z.ndim() == 2 && z.shape(1) >= projection.shape(1) && z.shape(1) % kRowAlign == 0,
            "rows of z must be padded to a multiple of 16 bytes");
    std::uint8_t* out = output(z, x.shape(0), z.shape(1));
    require(column_sums.ndim() == 1 && column_sums.shape(0) == projection.shape(1),
            "column_sums needs a number a column");
    std::int64_t* sums = column_sums.mutable_data();
    const TrainKernels& chosen = table(kernels);
    const float* rows = x.data();
    const std::size_t n = x.shape(0), stride = z.shape(1);
    const py::gil_scoped_release release;
    return quantize(rows, n, map, scale, out, stride, sums, threads, chosen);
}

void step(const Array<std::uint8_t>& z, const Array<std::int8_t>& rotation,
          Array<std::uint32_t> bits, Array<std::int64_t> sums, unsigned threads,
          const std::string& kernels) {
    require(z.ndim() == 2 && rotation.ndim() == 2, "wrong number of axes");
    require(z.shape(1) % kRowAlign == 0 && z.shape(1) >= rotation.shape(0),
            "rows of z must be padded to a multiple of 16 bytes");
    require(z.shape(0) < (1 << 24), "at most 2^24 rows in one call");
    std::uint32_t* words = output(bits, z.shape(0), (rotation.shape(1) + 31) / 32);
    std::int64_t* totals = output(sums, rotation.shape(1), z.shape(1));
    const TrainKernels& chosen = table(kernels);
    const std::size_t n = z.shape(0), stride = z.shape(1), n_inputs = rotation.shape(0),
                      n_bits = rotation.shape(1);
    const std::uint8_t* rows = z.data();
    const std::int8_t* matrix = rotation.data();
    const py::gil_scoped_release release;
    rotation_step(rows, n, stride, matrix, n_inputs, n_bits, words, totals, threads, chosen);
}

}  // namespace

void add_train(py::module_& m) {
    m.def("encode", &encode_rows, py::arg("x").noconvert(), py::arg("mean").noconvert(),
          py::arg("projection").noconvert(), py::arg("codes").noconvert(), py::arg("threads"),
          py::arg("kernels"),
          "Write the packed signs of (x - mean) projection into codes; return the first row that "
          "is not finite, or -1.");
    m.def("project", &project_rows, py::arg("x").noconvert(), py::arg("mean").noconvert(),
          py::arg("projection").noconvert(), py::arg("y").noconvert(), py::arg("threads"),
          py::arg("kernels"),
          "Write (x - mean) projection into y, in float32; return the first row that is not "
          "finite, or -1.");
    m.def("multiply", &product, py::arg("a").noconvert(), py::arg("b").noconvert(),
          py::arg("threads"), py::arg("kernels"),
          "a b in float32, the products of a sum in order; b may be a transposed view.");
    m.def("quantize", &quantize_rows, py::arg("x").noconvert(), py::arg("mean").noconvert(),
          py::arg("projection").noconvert(), py::arg("scale"), py::arg("z").noconvert(),
          py::arg("column_sums").noconvert(), py::arg("threads"), py::arg("kernels"),
          "Write scaled projections as bytes into z; return the first row that is not finite, or "
          "-1.");
    m.def("rotation_step", &step, py::arg("z").noconvert(), py::arg("rotation").noconvert(),
          py::arg("bits").noconvert(), py::arg("sums").noconvert(), py::arg("threads"),
          py::arg("kernels"), "Renew the signs of z rotation, and the sums of the rows they pick.");
}

}  // namespace iiq::bindings
