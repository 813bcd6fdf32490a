// A matrix cut into panels of 32 columns, as the kernels of train/table.h read it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "train/linear_map.h"

namespace iiq {

// n_rows x n_columns numbers that lie `row_step` and `column_step` apart, not owned.
struct FloatMatrix {
    const float* values;
    std::size_t n_rows, n_columns;
    std::ptrdiff_t row_step, column_step;
};

// float32 panels of a projection, with what certifying signs needs.
struct FloatPanels {
    explicit FloatPanels(const LinearMap& map);

    // Of any matrix of float32 numbers; column_bound and largest_norm stay 0.
    explicit FloatPanels(const FloatMatrix& matrix);

    const float* panel(std::size_t p) const;
    std::size_t width(std::size_t p) const;  // how many of its columns are not padding

    std::size_t depth, n_columns, n_panels;
    std::vector<float> values;        // [panel][k][32], columns past the last are zero
    std::vector<float> column_bound;  // [32 * n_panels]: at least the norm of the column
    double largest_norm = 0;
};

// int8 panels of a rotation for TrainKernels::rotate.
struct RotationPanels {
    // rotation: n_rows x n_columns, row-major, each number in -63 .. 63.
    RotationPanels(const std::int8_t* rotation, std::size_t n_rows, std::size_t n_columns,
                   std::size_t stride);

    std::size_t n_panels;
    std::vector<std::int8_t> values;  // [panel][panel_bytes: lines of [32][4]]
    std::vector<std::int32_t> start;  // [32 * n_panels]
};

}  // namespace iiq
