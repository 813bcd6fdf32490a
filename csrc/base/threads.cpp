#include "base/threads.h"

#include <algorithm>
#include <exception>
#include <thread>
#include <vector>

namespace iiq {

BeforeStart before_start = nullptr;

namespace {

// Start a thread for each of the parts 1 .. parts - 1, in order, up to the first that is refused.
std::vector<std::thread> start_workers(unsigned parts, const std::function<void(unsigned)>& run) {
    std::vector<std::thread> workers;
    workers.reserve(parts - 1);
    for (unsigned part = 1; part < parts; ++part) {
        try {
            if (before_start) before_start(part);
            workers.emplace_back(run, part);
        } catch (const std::exception&) {
            break;  // no thread or no memory for one
        }
    }
    return workers;
}

}  // namespace

unsigned useful_threads(unsigned threads, std::uint64_t work, std::uint64_t grain) {
    const std::uint64_t wanted =
        std::max<std::uint64_t>(1, work / std::max<std::uint64_t>(1, grain));
    return static_cast<unsigned>(std::min<std::uint64_t>(std::max(1u, threads), wanted));
}

void parallel_ranges(std::uint64_t n, unsigned threads,
                     const std::function<void(unsigned, std::uint64_t, std::uint64_t)>& task) {
    const unsigned parts =
        static_cast<unsigned>(std::clamp<std::uint64_t>(n, 1, std::max(1u, threads)));
    if (parts == 1) return task(0, 0, n);
    std::vector<std::exception_ptr> errors(parts);
    const auto run = [&](unsigned part) {
        // n / parts first: n * part may not fit 64 bits
        const std::uint64_t size = n / parts, rest = n % parts;
        const std::uint64_t first = part * size + std::min<std::uint64_t>(part, rest);
        try {
            task(part, first, first + size + (part < rest ? 1 : 0));
        } catch (...) {
            errors[part] = std::current_exception();
        }
    };
    auto workers = start_workers(parts, run);
    run(0);
    for (auto part = static_cast<unsigned>(workers.size() + 1); part < parts; ++part) run(part);
    for (auto& worker : workers) worker.join();
    for (const auto& error : errors)
        if (error) std::rethrow_exception(error);
}

}  // namespace iiq
