// Runs every native test, or those whose name holds the first argument.
#include <cstring>

#include "kernels/cpu.h"
#include "tests/check.h"

int main(int argc, char** argv) {
    std::cout << "kernel sets:";
    for (iiq::Isa isa : iiq::available_sets()) std::cout << " " << iiq::name_of(isa);
    std::cout << "\n";
    int failed = 0, passed = 0;
    for (const auto& test : check::tests()) {
        if (argc > 1 && !std::strstr(test.name, argv[1])) continue;
        const int before = check::failures();
        test.run();
        const bool ok = check::failures() == before;
        ok ? ++passed : ++failed;
        std::cout << (ok ? "ok   " : "FAIL ") << test.name << "\n";
    }
    std::cout << passed << " passed, " << failed << " failed\n";
    return failed || !passed;
}
