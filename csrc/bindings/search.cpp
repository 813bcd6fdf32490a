// The index for Python: blocks in and out, the k nearest, one query's distances. The Python layer
// has checked every argument; what could read outside an array is checked again here.
#include "search/search.h"

#include <algorithm>

#include "base/buffer.h"
#include "bindings/bindings.h"
#include "codes/blocks.h"
#include "search/asymmetric.h"
#include "search/pairs.h"

namespace py = pybind11;

namespace iiq::bindings {
namespace {

void require_rows(const Array<std::uint8_t>& rows, std::size_t n_bits) {
    require(rows.ndim() == 2 && static_cast<std::size_t>(rows.shape(1)) == bytes_per_code(n_bits),
            "rows must be packed codes (n, ceil(n_bits / 8))");
}

void require_search(std::uint64_t k, std::uint64_t n_codes,
                    const std::optional<Array<std::uint32_t>>& mask) {
    require(k >= 1 && k <= n_codes, "k must be between 1 and n_codes");
    require(!mask || static_cast<std::uint64_t>(mask->size()) == blocks_for(n_codes),
            "mask must hold one word for each block");
}

// An array that owns a buffer of blocks (aligned, on huge pages where there are any).
py::array_t<std::uint8_t> own(Buffer buffer, std::size_t n_bytes) {
    std::uint8_t* data = buffer.release();
    const py::capsule owner(data, [](void* p) { FreeBuffer{}(static_cast<std::uint8_t*>(p)); });
    return {{static_cast<py::ssize_t>(n_bytes)}, {1}, data, owner};
}

py::array_t<std::uint8_t> make_blocks(const Array<std::uint8_t>& codes, std::size_t n_bits,
                                      unsigned threads) {
    require(n_bits >= 1, "n_bits must be at least 1");
    require_rows(codes, n_bits);
    const auto n_codes = static_cast<std::uint64_t>(codes.shape(0));
    const std::size_t n_bytes = blocks_for(n_codes) * block_bytes(n_bits);
    Buffer buffer = make_buffer(n_bytes);
    {
        const py::gil_scoped_release release;
        to_blocks(codes.data(), n_codes, n_bits, threads, buffer.get());
    }
    return own(std::move(buffer), n_bytes);
}

py::array_t<std::uint8_t> gather(const Array<std::uint8_t>& blocks, std::uint64_t n_codes,
                                 std::size_t n_bits, const Array<std::int64_t>& ids) {
    const BlockedCodes codes = view(blocks, n_codes, n_bits);
    const auto n_ids = static_cast<std::size_t>(ids.size());
    for (std::size_t i = 0; i < n_ids; ++i)
        require(ids.data()[i] >= 0 && static_cast<std::uint64_t>(ids.data()[i]) < n_codes,
                "ids must be row numbers below n_codes");
    py::array_t<std::uint8_t> rows({n_ids, bytes_per_code(n_bits)});
    std::uint8_t* out = rows.mutable_data();
    const py::gil_scoped_release release;
    gather_codes(codes, ids.data(), n_ids, out);
    return rows;
}

std::uint64_t stray_bits(const Array<std::uint8_t>& blocks, std::uint64_t n_codes,
                         std::size_t n_bits) {
    const BlockedCodes codes = view(blocks, n_codes, n_bits);
    const py::gil_scoped_release release;
    return count_stray_bits(codes);
}

py::tuple search_codes(const Array<std::uint8_t>& blocks, std::uint64_t n_codes, std::size_t n_bits,
                       const Array<std::uint8_t>& queries, std::uint64_t k,
                       std::uint32_t max_distance, std::optional<Array<std::uint32_t>> mask,
                       bool furthest, unsigned threads, const std::string& kernels) {
    const BlockedCodes codes = view(blocks, n_codes, n_bits);
    require_rows(queries, n_bits);
    require_search(k, n_codes, mask);
    const Isa isa = find_set(kernels);
    const auto m = static_cast<std::size_t>(queries.shape(0));
    const SearchRequest request{
        queries.data(), m, k, max_distance, mask ? mask->data() : nullptr, furthest, threads};
    py::array_t<std::int32_t> distances({m, static_cast<std::size_t>(k)});
    py::array_t<std::int64_t> ids({m, static_cast<std::size_t>(k)});
    std::int32_t* d = distances.mutable_data();
    std::int64_t* i = ids.mutable_data();
    {
        const py::gil_scoped_release release;
        search(codes, request, isa, d, i);
    }
    return py::make_tuple(distances, ids);
}

// What Python passes for scales: (steps, unit, most, exact scales or None).
using ScaleArrays = std::tuple<Array<std::uint16_t>, double, double, std::optional<Array<float>>>;

Scales scales_of(const std::optional<ScaleArrays>& scales, std::uint64_t n_codes) {
    if (!scales) return {};
    const auto& [steps, unit, most, exact] = *scales;
    require(static_cast<std::uint64_t>(steps.size()) == blocks_for(n_codes) * kBlockCodes,
            "steps must hold 32 numbers for each block");
    require(!exact || static_cast<std::uint64_t>(exact->size()) >= n_codes,
            "scales must hold a number for each code");
    return {steps.data(), unit, most, exact ? exact->data() : nullptr};
}

AsymmetricRequest request_of(const BlockedCodes& codes, const Array<float>& queries,
                             std::uint64_t k, const std::optional<Array<std::uint32_t>>& mask,
                             const std::optional<ScaleArrays>& scales, unsigned threads) {
    require(queries.ndim() == 2 && static_cast<std::size_t>(queries.shape(1)) == codes.n_bits,
            "queries must have n_bits columns");
    require_search(k, codes.n_codes, mask);
    const auto m = static_cast<std::size_t>(queries.shape(0));
    return {queries.data(),
            m,
            k,
            mask ? mask->data() : nullptr,
            threads,
            scales_of(scales, codes.n_codes)};
}

py::tuple search_projected(const Array<std::uint8_t>& blocks, std::uint64_t n_codes,
                           std::size_t n_bits, const Array<float>& queries, std::uint64_t k,
                           std::optional<Array<std::uint32_t>> mask,
                           std::optional<ScaleArrays> scales, unsigned threads,
                           const std::string& kernels) {
    const BlockedCodes codes = view(blocks, n_codes, n_bits);
    const AsymmetricRequest request = request_of(codes, queries, k, mask, scales, threads);
    require(!request.scales.steps || request.scales.exact,
            "scores need exact scales: steps alone give candidates");
    const Isa isa = find_set(kernels);
    const std::size_t m = request.n_queries;
    py::array_t<float> scores({m, static_cast<std::size_t>(k)});
    py::array_t<std::int64_t> ids({m, static_cast<std::size_t>(k)});
    float* s = scores.mutable_data();
    std::int64_t* i = ids.mutable_data();
    {
        const py::gil_scoped_release release;
        search_asymmetric(codes, request, isa, s, i);
    }
    return py::make_tuple(scores, ids);
}

template <class T>
py::array_t<T> as_array(const std::vector<T>& values) {
    return py::array_t<T>(static_cast<py::ssize_t>(values.size()), values.data());
}

py::tuple find_candidates(const Array<std::uint8_t>& blocks, std::uint64_t n_codes,
                          std::size_t n_bits, const Array<float>& queries, std::uint64_t k,
                          std::optional<Array<std::uint32_t>> mask,
                          std::optional<ScaleArrays> scales, unsigned threads,
                          const std::string& kernels) {
    const BlockedCodes codes = view(blocks, n_codes, n_bits);
    const AsymmetricRequest request = request_of(codes, queries, k, mask, scales, threads);
    const Isa isa = find_set(kernels);
    Candidates found;
    {
        const py::gil_scoped_release release;
        found = candidates(codes, request, isa);
    }
    return py::make_tuple(as_array(found.offsets), as_array(found.ids), as_array(found.sums));
}

py::tuple near_pairs(const Array<std::uint8_t>& blocks, std::uint64_t n_codes, std::size_t n_bits,
                     std::uint64_t first, std::uint64_t last, std::uint32_t max_distance,
                     unsigned threads, const std::string& kernels) {
    const BlockedCodes codes = view(blocks, n_codes, n_bits);
    require(first <= last && last <= n_codes, "first and last must be row numbers");
    const Isa isa = find_set(kernels);
    std::vector<Pair> found;
    {
        const py::gil_scoped_release release;
        found = pairs_within(codes, first, last, max_distance, threads, isa);
    }
    py::array_t<std::int64_t> pairs({found.size(), std::size_t{2}});
    py::array_t<std::int32_t> distances(static_cast<py::ssize_t>(found.size()));
    for (std::size_t i = 0; i < found.size(); ++i) {
        pairs.mutable_data()[2 * i] = found[i].first;
        pairs.mutable_data()[2 * i + 1] = found[i].second;
        distances.mutable_data()[i] = found[i].distance;
    }
    return py::make_tuple(pairs, distances);
}

py::array_t<std::int32_t> query_distances(const Array<std::uint8_t>& blocks, std::uint64_t n_codes,
                                          std::size_t n_bits, const Array<std::uint8_t>& query,
                                          unsigned threads, const std::string& kernels) {
    const BlockedCodes codes = view(blocks, n_codes, n_bits);
    require(static_cast<std::size_t>(query.size()) == bytes_per_code(n_bits),
            "query must be one packed code");
    const Isa isa = find_set(kernels);
    py::array_t<std::int32_t> distances(static_cast<py::ssize_t>(n_codes));
    std::int32_t* out = distances.mutable_data();
    const py::gil_scoped_release release;
    all_distances(codes, query.data(), threads, isa, out);
    return distances;
}

std::uint64_t fold(const Array<std::uint8_t>& data) {
    const py::gil_scoped_release release;
    return read_all(data.data(), static_cast<std::size_t>(data.nbytes()));
}

py::array_t<std::int32_t> paired_distances(const Array<std::uint8_t>& a,
                                           const Array<std::uint8_t>& b) {
    require(a.ndim() == 2 && b.ndim() == 2 && a.shape(0) == b.shape(0) && a.shape(1) == b.shape(1),
            "a and b must have the same shape");
    py::array_t<std::int32_t> distances(a.shape(0));
    std::int32_t* out = distances.mutable_data();
    const py::gil_scoped_release release;
    hamming_rows(a.data(), b.data(), static_cast<std::size_t>(a.shape(0)),
                 static_cast<std::size_t>(a.shape(1)), out);
    return distances;
}

}  // namespace

void add_search(py::module_& m) {
    using namespace py::literals;
    m.def("make_blocks", &make_blocks, "codes"_a, "n_bits"_a, "threads"_a,
          "Row-major codes in the blocked layout: uint8, one dimension.");
    m.def("gather_codes", &gather, "blocks"_a, "n_codes"_a, "n_bits"_a, "ids"_a,
          "The codes of ids as rows.");
    m.def("stray_bits", &stray_bits, "blocks"_a, "n_codes"_a, "n_bits"_a,
          "How many bits are set where none may be.");
    m.def("search", &search_codes, "blocks"_a, "n_codes"_a, "n_bits"_a, "queries"_a, "k"_a,
          "max_distance"_a, "mask"_a, "furthest"_a, "threads"_a, "kernels"_a,
          "Distances and ids of the k nearest codes of each query.");
    m.def("search_asymmetric", &search_projected, "blocks"_a, "n_codes"_a, "n_bits"_a, "queries"_a,
          "k"_a, "mask"_a, "scales"_a, "threads"_a, "kernels"_a,
          "Scores and ids of the k codes nearest to each float query.");
    m.def("candidates", &find_candidates, "blocks"_a, "n_codes"_a, "n_bits"_a, "queries"_a, "k"_a,
          "mask"_a, "scales"_a, "threads"_a, "kernels"_a,
          "Where each query's candidates begin, their ids and their sums.");
    m.def("pairs_within", &near_pairs, "blocks"_a, "n_codes"_a, "n_bits"_a, "first"_a, "last"_a,
          "max_distance"_a, "threads"_a, "kernels"_a,
          "Pairs (i, j), i < j, first <= i < last, at most max_distance apart, and distances.");
    m.def("distances", &query_distances, "blocks"_a, "n_codes"_a, "n_bits"_a, "query"_a,
          "threads"_a, "kernels"_a, "The distance of one query to each code.");
    m.def("read_all", &fold, "data"_a, "Exclusive or of all words: how fast memory can be read.");
    m.def("hamming_rows", &paired_distances, "a"_a, "b"_a,
          "The distance of row i of a and row i of b.");
}

}  // namespace iiq::bindings
