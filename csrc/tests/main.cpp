// Runs every native test, or those whose name holds TEXT: iiq_tests [--all] [--but TEXT] [TEXT].
// --all: a test that must be left out here, for want of a kernel set, is a failure. --but: those
// whose name holds that are not run.
#include <chrono>
#include <cmath>
#include <cstring>

#include "tests/check.h"

namespace {

enum class Outcome { passed, failed, left_out };

Outcome run(const check::Test& test) {
    if (!iiq::available(test.needs)) {
        std::cout << "left out, no " << iiq::name_of(test.needs) << " here: " << test.name << "\n";
        return Outcome::left_out;
    }
    const int before = check::failures();
    const auto start = std::chrono::steady_clock::now();
    test.run();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    const bool ok = check::failures() == before;
    std::cout << (ok ? "ok   " : "FAIL ") << test.name;
    if (seconds.count() >= 0.1)
        std::cout << " (" << std::lround(10 * seconds.count()) / 10. << " s)";
    std::cout << "\n";
    return ok ? Outcome::passed : Outcome::failed;
}

}  // namespace

int main(int argc, char** argv) {
    std::cout << "kernel sets:";
    for (iiq::Isa isa : iiq::available_sets()) std::cout << " " << iiq::name_of(isa);
    std::cout << "\n";
    bool all = false;
    const char *wanted = "", *but = nullptr;
    for (int i = 1; i < argc; ++i) {
        const bool is_but = std::strcmp(argv[i], "--but") == 0 && i + 1 < argc;
        if (std::strcmp(argv[i], "--all") == 0)
            all = true;
        else if (is_but)
            but = argv[++i];
        else
            wanted = argv[i];
    }
    int counts[3] = {};
    for (const auto& test : check::tests())
        if (std::strstr(test.name, wanted) && !(but && std::strstr(test.name, but)))
            ++counts[static_cast<int>(run(test))];
    const auto [passed, failed, left_out] = counts;
    std::cout << passed << " passed, " << failed << " failed, " << left_out << " left out\n";
    return failed || !passed || (all && left_out);
}
