// The smallest test harness that does the job, so that the native tests need nothing but a
// compiler.
//
//   TEST(name) { CHECK(a == b); CHECK_EQ(a, b); }
//   TEST_WITH(iiq::Isa::amx, name) { ... }    left out, and counted so, where there is no AMX
#pragma once

#include <cstdio>
#include <iostream>
#include <vector>

#include "kernels/cpu.h"

namespace check {

struct Test {
    const char* name;
    void (*run)();
    iiq::Isa needs;
};
inline std::vector<Test>& tests() {
    static std::vector<Test> all;
    return all;
}
inline int& failures() {
    static int count = 0;
    return count;
}
struct Register {
    Register(const char* name, void (*run)(), iiq::Isa needs) {
        tests().push_back({name, run, needs});
    }
};
inline void fail(const char* file, int line, const char* what) {
    ++failures();
    std::cerr << file << ":" << line << ": " << what << "\n";
}

}  // namespace check

#define TEST_WITH(isa, name)                                    \
    static void test_##name();                                  \
    static check::Register reg_##name(#name, test_##name, isa); \
    static void test_##name()

#define TEST(name) TEST_WITH(iiq::Isa::scalar, name)

#define CHECK(condition) \
    if (!(condition)) check::fail(__FILE__, __LINE__, #condition)

#define CHECK_EQ(a, b)                                         \
    do {                                                       \
        const auto va = (a);                                   \
        const auto vb = (b);                                   \
        if (!(va == vb)) {                                     \
            check::fail(__FILE__, __LINE__, #a " == " #b);     \
            std::cerr << "    " << va << " != " << vb << "\n"; \
        }                                                      \
    } while (false)
