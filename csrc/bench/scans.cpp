// Each scan method of each kernel set alone, over codes inside and outside the L2 cache.
#include <benchmark/benchmark.h>

#include <random>
#include <string>
#include <vector>

#include "codes/blocks.h"
#include "kernels/cpu.h"
#include "kernels/search/table.h"
#include "search/scanner.h"

namespace {

struct Data {
    iiq::BlockedCodes codes;
    iiq::Buffer blocks;
    std::vector<std::uint16_t> queries;
};

Data make_data(std::size_t n_codes, std::size_t n_bits, std::size_t n_queries) {
    std::mt19937_64 random(1);
    std::vector<std::uint8_t> rows(n_codes * iiq::bytes_per_code(n_bits));
    for (auto& byte : rows) byte = static_cast<std::uint8_t>(random());
    Data data;
    data.blocks = iiq::make_buffer(iiq::blocks_for(n_codes) * iiq::block_bytes(n_bits));
    iiq::to_blocks(rows.data(), n_codes, n_bits, 1, data.blocks.get());
    data.codes = {data.blocks.get(), n_codes, n_bits};
    data.queries.resize(n_queries * data.codes.n_words());
    for (auto& word : data.queries) word = static_cast<std::uint16_t>(random());
    return data;
}

void ignore_hit(void*, std::size_t, std::uint64_t, std::uint32_t, const std::uint16_t*) {}

// Nothing is below the limits, as in most of a real search.
void scan(benchmark::State& state, const iiq::ScanMethod& method) {
    const auto n_codes = static_cast<std::size_t>(state.range(0));
    const auto n_bits = static_cast<std::size_t>(state.range(1));
    const auto n_queries = static_cast<std::size_t>(state.range(2));
    const Data data = make_data(n_codes, n_bits, n_queries);
    iiq::PreparedQueries prepared(method, n_bits, n_queries);
    if (method.prepare)
        for (std::size_t q = 0; q < n_queries; ++q)
            method.prepare(data.queries.data() + q * data.codes.n_words(), n_bits, prepared.at(q));
    const std::vector<std::uint32_t> limits(n_queries, 1);
    for (auto _ : state)
        iiq::scan_blocks(data.codes, prepared, 0, n_queries, 0, data.codes.n_blocks(),
                         {limits.data()}, ignore_hit, nullptr);
    const double pairs = static_cast<double>(n_codes) * static_cast<double>(n_queries);
    state.counters["pairs"] =
        benchmark::Counter(pairs, benchmark::Counter::kIsIterationInvariantRate);
    state.SetBytesProcessed(
        static_cast<std::int64_t>(state.iterations()) *
        static_cast<std::int64_t>(data.codes.n_blocks() * n_queries * iiq::block_bytes(n_bits)));
}

void add(const std::string& set, const char* kind, const iiq::ScanMethod& method, int n_queries) {
    const std::string name = set + "/" + kind + "/" + method.name;
    auto* bench = benchmark::RegisterBenchmark(
        name.c_str(), [&method](benchmark::State& state) { scan(state, method); });
    bench->ArgNames({"codes", "bits", "queries"});
    for (const int n_codes : {8192, 1 << 20})
        for (const int n_bits : {75, 150, 300}) bench->Args({n_codes, n_bits, n_queries});
}

const bool registered = [] {
    for (const iiq::Isa isa : iiq::available_sets()) {
        const iiq::SearchKernels& kernels = iiq::search_kernels(isa);
        const std::string set(iiq::name_of(isa));
        add(set, "one", kernels.one, 1);
        for (std::size_t i = 0; i < kernels.n_batch; ++i) add(set, "batch", kernels.batch[i], 256);
        for (std::size_t i = 0; i < kernels.n_tables; ++i)
            add(set, "tables", kernels.tables[i].scan, 64);
        if (kernels.weights) add(set, "weights", kernels.weights->scan, 256);
    }
    return true;
}();

}  // namespace
