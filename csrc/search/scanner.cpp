#include "search/scanner.h"

#include <algorithm>

namespace iiq {

PreparedQueries::PreparedQueries(const ScanMethod& method, std::size_t n_bits,
                                 std::size_t n_queries)
    : method(method),
      n_queries(n_queries),
      stride(method.query_bytes(n_bits)),
      data(make_buffer(n_queries * stride)) {
    std::fill_n(data.get(), n_queries * stride, std::uint8_t{0});
}

static bool suits(const ScanMethod& method, std::size_t n_queries, std::size_t n_bits) {
    return n_queries >= method.min_queries && n_bits >= method.min_bits &&
           n_bits <= method.most_bits;
}

const ScanMethod& choose_method(const SearchKernels& kernels, std::size_t n_queries,
                                std::size_t n_bits) {
    const ScanMethod* chosen = &kernels.one;
    for (std::size_t i = 0; i < kernels.n_batch; ++i)
        if (suits(kernels.batch[i], n_queries, n_bits)) chosen = &kernels.batch[i];
    return *chosen;
}

const TableScan& choose_tables(const SearchKernels& kernels, std::size_t n_queries,
                               std::size_t n_bits) {
    const TableScan* chosen = kernels.tables;
    for (std::size_t i = 1; i < kernels.n_tables; ++i)
        if (suits(kernels.tables[i].scan, n_queries, n_bits)) chosen = &kernels.tables[i];
    return *chosen;
}

void scan_blocks(const BlockedCodes& codes, const PreparedQueries& queries, std::size_t q0,
                 std::size_t q1, std::uint64_t first, std::uint64_t last, const Limits& limits,
                 Hit hit, void* sink) {
    const ScanMethod& method = queries.method;
    const Buffer scratch = make_buffer(method.scratch_bytes(codes.n_bits));
    // One query reads each block once: no need for runs.
    const std::uint64_t run = q1 - q0 == 1 && method.scratch_bytes(codes.n_bits) == 0
                                  ? last - first
                                  : method.run_blocks(codes.n_bits);
    for (std::uint64_t b = first; b < last; b += run) {
        const Scan scan{codes.block(b),
                        b,
                        static_cast<std::size_t>(std::min<std::uint64_t>(run, last - b)),
                        codes.n_bits,
                        queries.at(q0),
                        q1 - q0,
                        limits.limits,
                        hit,
                        sink,
                        scratch.get(),
                        limits.steps ? limits.steps + b * kBlockCodes : nullptr,
                        limits.slopes};
        method.scan(scan);
    }
}

}  // namespace iiq
