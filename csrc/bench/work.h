// Pieces of the core's work, each with data of its own: timed by Google Benchmark, or run once so
// that its instructions can be counted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "kernels/cpu.h"

namespace iiq::bench {

using Run = std::function<void()>;

struct Work {
    std::string name;
    const char* unit;                 // what one run does `units` of
    double units;                     // a run
    double bytes;                     // read, a unit; 0 where reading is not what it costs
    double products;                  // of two numbers, a unit; 0 where none are
    bool in_sets;                     // each kernel set has a version of its own, or borrows one
    std::function<Run(Isa)> prepare;  // makes the data, once
};

void add_search_work(std::vector<Work>& all);     // work_search.cpp
void add_vector_work(std::vector<Work>& all);     // work_vectors.cpp
void add_word_work(std::vector<Work>& all);       // work_words.cpp
void add_machine_limits(std::vector<Work>& all);  // limits.cpp

inline std::vector<float> normal_numbers(std::size_t n, unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    std::vector<float> numbers(n);
    for (auto& number : numbers) number = normal(random);
    return numbers;
}

inline std::vector<std::uint8_t> random_bytes(std::size_t n, unsigned seed) {
    std::mt19937 random(seed);
    std::vector<std::uint8_t> bytes(n);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
    return bytes;
}

}  // namespace iiq::bench
