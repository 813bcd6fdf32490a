// Runs every native test, or those whose name holds TEXT: iiq_tests [--all] [--but TEXT] [TEXT].
// --all: a test that must be left out here, for want of a kernel set, is a failure. --but: those
// whose name holds that are not run.
#include <chrono>
#include <cmath>
#include <cstring>
#include <string_view>

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

struct Wanted {
    const char *text = "", *but = nullptr;
    bool all = false;

    bool holds(const char* name) const {
        return std::strstr(name, text) && !(but && std::strstr(name, but));
    }
};

Wanted read(int argc, char** argv) {
    Wanted wanted;
    for (int i = 1; i < argc; ++i) {
        const std::string_view given = argv[i];
        if (given == "--all")
            wanted.all = true;
        else if (given == "--but" && i + 1 < argc)
            wanted.but = argv[++i];
        else
            wanted.text = argv[i];
    }
    return wanted;
}

}  // namespace

int main(int argc, char** argv) {
    std::cout << "kernel sets:";
    for (iiq::Isa isa : iiq::available_sets()) std::cout << " " << iiq::name_of(isa);
    std::cout << "\n";
    const Wanted wanted = read(argc, argv);
    int counts[3] = {};
    for (const auto& test : check::tests())
        if (wanted.holds(test.name)) ++counts[static_cast<int>(run(test))];
    const auto [passed, failed, left_out] = counts;
    std::cout << passed << " passed, " << failed << " failed, " << left_out << " left out\n";
    return failed || !passed || (wanted.all && left_out);
}
