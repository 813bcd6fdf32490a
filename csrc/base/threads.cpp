#include "base/threads.h"

#include <algorithm>
#include <exception>
#include <thread>
#include <vector>

namespace iiq {

BeforeStart before_start = nullptr;

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
    std::vector<std::thread> workers;
    workers.reserve(parts - 1);
    unsigned started = 1;
    for (; started < parts; ++started) {
        try {
            if (before_start) before_start(started);
            workers.emplace_back(run, started);
        } catch (const std::exception&) {
            break;  // no thread or no memory for one: the caller does the rest
        }
    }
    run(0);
    for (unsigned part = started; part < parts; ++part) run(part);
    for (auto& worker : workers) worker.join();
    for (const auto& error : errors)
        if (error) std::rethrow_exception(error);
}

}  // namespace iiq
