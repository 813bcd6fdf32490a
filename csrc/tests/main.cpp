// Runs every native test, or those whose name holds the first argument. --all: a test that must be
// left out here, for want of a kernel set, is a failure.
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
    test.run();
    const bool ok = check::failures() == before;
    std::cout << (ok ? "ok   " : "FAIL ") << test.name << "\n";
    return ok ? Outcome::passed : Outcome::failed;
}

}  // namespace

int main(int argc, char** argv) {
    std::cout << "kernel sets:";
    for (iiq::Isa isa : iiq::available_sets()) std::cout << " " << iiq::name_of(isa);
    std::cout << "\n";
    const bool all = argc > 1 && std::strcmp(argv[1], "--all") == 0;
    const char* wanted = argc > 1 && !all ? argv[1] : "";
    int counts[3] = {};
    for (const auto& test : check::tests())
        if (std::strstr(test.name, wanted)) ++counts[static_cast<int>(run(test))];
    const auto [passed, failed, left_out] = counts;
    std::cout << passed << " passed, " << failed << " failed, " << left_out << " left out\n";
    return failed || !passed || (all && left_out);
}
