// The training and encoding kernels in plain C++: the specification that every other set answers
// to.
#include "kernels/train.h"

namespace iiq {
namespace {

double centre(const float* x, const double* mean, std::size_t depth, float* a) {
    double squares = 0;
    for (std::size_t k = 0; k < depth; ++k) {
        a[k] = static_cast<float>(static_cast<double>(x[k]) - mean[k]);
        squares += static_cast<double>(a[k]) * a[k];
    }
    return squares;
}

void row_sums(const float* a, const float* panel, std::size_t depth, float* y) {
    for (std::size_t j = 0; j < kPanelColumns; ++j) y[j] = 0;
    for (std::size_t k = 0; k < depth; ++k)
        for (std::size_t j = 0; j < kPanelColumns; ++j) y[j] += a[k] * panel[k * kPanelColumns + j];
}

void project(const float* a, const float* panel, std::size_t depth, float* y) {
    for (std::size_t r = 0; r < kTileRows; ++r)
        row_sums(a + r * depth, panel, depth, y + r * kPanelColumns);
}

void signs(const float* a, const float* panel, std::size_t depth, const float* row_bound,
           const float* column_bound, std::uint32_t* positive, std::uint32_t* unsure) {
    for (std::size_t r = 0; r < kTileRows; ++r) {
        float y[kPanelColumns];
        row_sums(a + r * depth, panel, depth, y);
        positive[r] = unsure[r] = 0;
        for (std::size_t j = 0; j < kPanelColumns; ++j) {
            const float size = y[j] < 0 ? -y[j] : y[j];
            positive[r] |= static_cast<std::uint32_t>(y[j] >= 0) << j;
            unsure[r] |= static_cast<std::uint32_t>(!(size > row_bound[r] * column_bound[j])) << j;
        }
    }
}

void rotate(const std::uint8_t* z, std::size_t n_rows, std::size_t stride,
            const std::int8_t* rotation, const std::int32_t* start, std::size_t n_panels,
            std::uint32_t* bits, bool) {
    for (std::size_t row = 0; row < n_rows; ++row, z += stride) {
        for (std::size_t p = 0; p < n_panels; ++p) {
            const std::int8_t* panel = rotation + p * panel_bytes(stride);
            std::int32_t sum[kPanelColumns];
            for (std::size_t j = 0; j < kPanelColumns; ++j) sum[j] = start[p * kPanelColumns + j];
            for (std::size_t k = 0; k < stride; k += 4, panel += 4 * kPanelColumns)
                for (std::size_t j = 0; j < kPanelColumns; ++j)
                    for (std::size_t t = 0; t < 4; ++t) sum[j] += z[k + t] * panel[4 * j + t];
            std::uint32_t word = 0;
            for (std::size_t j = 0; j < kPanelColumns; ++j)
                word |= static_cast<std::uint32_t>(sum[j] >= 0) << j;
            *bits++ = word;
        }
    }
}

void add_rows(const std::uint8_t* z, std::size_t stride, const std::uint8_t* rows, std::size_t n_up,
              std::size_t n_down, std::int32_t* sums) {
    for (std::size_t i = 0; i < n_up + n_down; ++i) {
        const std::uint8_t* row = z + rows[i] * stride;
        const std::int32_t sign = i < n_up ? 1 : -1;
        for (std::size_t k = 0; k < stride; ++k) sums[k] += sign * (row[k] - kZeroByte);
    }
}

}  // namespace

const TrainKernels kTrainScalar{centre, project, signs, rotate, add_rows};

}  // namespace iiq
