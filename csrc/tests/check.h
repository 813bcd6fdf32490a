// The smallest test harness that does the job, so that the native tests need nothing but a
// compiler.
//
//   TEST(name) { CHECK(a == b); CHECK_EQ(a, b); }
#pragma once

#include <cstdio>
#include <iostream>
#include <vector>

namespace check {

struct Test {
    const char* name;
    void (*run)();
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
    Register(const char* name, void (*run)()) { tests().push_back({name, run}); }
};
inline void fail(const char* file, int line, const char* what) {
    ++failures();
    std::cerr << file << ":" << line << ": " << what << "\n";
}

}  // namespace check

#define TEST(name)                                         \
    static void test_##name();                             \
    static check::Register reg_##name(#name, test_##name); \
    static void test_##name()

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
