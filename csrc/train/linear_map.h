// What vectors are multiplied with: the mean taken off, then a matrix.
#pragma once

#include <cstddef>

namespace iiq {

// y = (x - mean) P, with mean (n_inputs) and P (n_inputs x n_outputs, row-major), not owned.
struct LinearMap {
    const double* mean;
    const double* projection;
    std::size_t n_inputs;
    std::size_t n_outputs;
};

}  // namespace iiq
