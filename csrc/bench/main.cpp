// Runs the works of work.h. As a program of Google Benchmark, with its options:
//   iiq_bench --benchmark_filter='^encoding'
// or, for a counter of instructions, one of them once; iiq_measured is where to count:
//   iiq_bench --once encoding/avx2            iiq_bench --list
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "bench/work.h"

// A name that a counter can be told, whatever is inlined into what.
extern "C" [[gnu::noinline]] void iiq_measured(const iiq::bench::Run& run) { run(); }

namespace {

struct Named {
    std::string name;
    iiq::bench::Work work;
    iiq::Isa isa;
};

std::vector<Named> everything() {
    std::vector<iiq::bench::Work> works;
    iiq::bench::add_machine_limits(works);
    iiq::bench::add_search_work(works);
    iiq::bench::add_vector_work(works);
    iiq::bench::add_word_work(works);
    std::vector<Named> all;
    for (const auto& work : works) {
        if (!work.in_sets) all.push_back({work.name, work, iiq::Isa::scalar});
        for (const iiq::Isa isa : iiq::available_sets())
            if (work.in_sets)
                all.push_back({work.name + "/" + std::string(iiq::name_of(isa)), work, isa});
    }
    return all;
}

void add_timed(const Named& named) {
    const auto time = [named](benchmark::State& state) {
        const iiq::bench::Run run = named.work.prepare(named.isa);
        for (auto _ : state) iiq_measured(run);
        state.counters["units"] = named.work.units;
        state.counters["bytes"] = named.work.bytes;
        state.counters["products"] = named.work.products;
        state.SetLabel(named.work.unit);
    };
    benchmark::RegisterBenchmark(named.name.c_str(), time)->Unit(benchmark::kMillisecond);
}

int once(const std::vector<Named>& all, const char* name) {
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const Named& named) { return named.name == name; });
    if (found == all.end()) {
        std::fprintf(stderr, "no work is called '%s'; --list names them\n", name);
        return 2;
    }
    iiq_measured(found->work.prepare(found->isa));
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<Named> all = everything();
    if (argc == 3 && std::strcmp(argv[1], "--once") == 0) return once(all, argv[2]);
    if (argc == 2 && std::strcmp(argv[1], "--list") == 0) {
        for (const Named& named : all) std::printf("%s\n", named.name.c_str());
        return 0;
    }
    for (const Named& named : all) add_timed(named);
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
