#include "train/panels.h"

#include <algorithm>
#include <cmath>

#include "kernels/train/table.h"

namespace iiq {

static std::size_t panels_for(std::size_t n_columns) {
    return (n_columns + kPanelColumns - 1) / kPanelColumns;
}

FloatPanels::FloatPanels(const LinearMap& map)
    : depth(map.n_inputs),
      n_columns(map.n_outputs),
      n_panels(panels_for(map.n_outputs)),
      values(n_panels * depth * kPanelColumns),
      column_bound(n_panels * kPanelColumns) {
    for (std::size_t p = 0; p < n_panels; ++p) {
        double squares[kPanelColumns] = {};
        float* line = values.data() + p * depth * kPanelColumns;
        const double* from = map.projection + p * kPanelColumns;
        for (std::size_t k = 0; k < depth; ++k, line += kPanelColumns, from += n_columns) {
            for (std::size_t j = 0; j < width(p); ++j) {
                line[j] = static_cast<float>(from[j]);
                squares[j] += from[j] * from[j];
            }
        }
        for (std::size_t j = 0; j < kPanelColumns; ++j) {
            const double norm = std::sqrt(squares[j]);
            column_bound[p * kPanelColumns + j] = static_cast<float>(norm * 1.001);
            largest_norm = std::max(largest_norm, norm);
        }
    }
}

FloatPanels::FloatPanels(const FloatMatrix& matrix)
    : depth(matrix.n_rows),
      n_columns(matrix.n_columns),
      n_panels(panels_for(matrix.n_columns)),
      values(n_panels * depth * kPanelColumns) {
    for (std::size_t p = 0; p < n_panels; ++p) {
        float* panel = values.data() + p * depth * kPanelColumns;
        const float* from =
            matrix.values + static_cast<std::ptrdiff_t>(p * kPanelColumns) * matrix.column_step;
        const auto copy = [&](std::size_t k, std::size_t j) {
            panel[k * kPanelColumns + j] =
                from[static_cast<std::ptrdiff_t>(k) * matrix.row_step +
                     static_cast<std::ptrdiff_t>(j) * matrix.column_step];
        };
        if (matrix.column_step == 1)  // in the order of memory
            for (std::size_t k = 0; k < depth; ++k)
                for (std::size_t j = 0; j < width(p); ++j) copy(k, j);
        else
            for (std::size_t j = 0; j < width(p); ++j)
                for (std::size_t k = 0; k < depth; ++k) copy(k, j);
    }
}

const float* FloatPanels::panel(std::size_t p) const {
    return values.data() + p * depth * kPanelColumns;
}

std::size_t FloatPanels::width(std::size_t p) const {
    return std::min(kPanelColumns, n_columns - p * kPanelColumns);
}

RotationPanels::RotationPanels(const std::int8_t* rotation, std::size_t n_rows,
                               std::size_t n_columns, std::size_t stride)
    : n_panels(panels_for(n_columns)),
      values(n_panels * panel_bytes(stride)),
      start(n_panels * kPanelColumns, -1) {
    std::vector<std::int32_t> sums(n_columns);
    for (std::size_t k = 0; k < n_rows; ++k) {  // in the order of the rotation: wide ones are large
        const std::int8_t* row = rotation + k * n_columns;
        std::int8_t* line = values.data() + k / 4 * 4 * kPanelColumns + k % 4;
        for (std::size_t j = 0; j < n_columns; ++j) {
            line[j / kPanelColumns * panel_bytes(stride) + j % kPanelColumns * 4] = row[j];
            sums[j] += row[j];
        }
    }
    for (std::size_t j = 0; j < n_columns; ++j) start[j] = -kZeroByte * sums[j];
}

}  // namespace iiq
