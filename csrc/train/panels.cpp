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
    std::vector<double> squares(n_panels * kPanelColumns);
    for (std::size_t k = 0; k < depth; ++k) {
        for (std::size_t j = 0; j < n_columns; ++j) {
            const double value = map.projection[k * n_columns + j];
            const std::size_t p = j / kPanelColumns;
            values[(p * depth + k) * kPanelColumns + j % kPanelColumns] = static_cast<float>(value);
            squares[j] += value * value;
        }
    }
    for (std::size_t j = 0; j < squares.size(); ++j) {
        const double norm = std::sqrt(squares[j]);
        column_bound[j] = static_cast<float>(norm * 1.001);
        largest_norm = std::max(largest_norm, norm);
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
