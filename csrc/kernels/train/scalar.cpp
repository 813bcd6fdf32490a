// The training and encoding kernels in plain C++: the specification that every other set answers
// to.
#include "kernels/train/table.h"

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

void add_row(const float* a, const float* panel, std::size_t depth, float* y) {
    for (std::size_t k = 0; k < depth; ++k)
        for (std::size_t j = 0; j < kPanelColumns; ++j) y[j] += a[k] * panel[k * kPanelColumns + j];
}

void project(const float* a, std::size_t stride, const float* panel, std::size_t depth, float* y) {
    for (std::size_t r = 0; r < kTileRows; ++r)
        add_row(a + r * stride, panel, depth, y + r * kPanelColumns);
}

void add_products(const float* a, std::size_t stride, const float* panel, std::size_t depth,
                  float* y) {
    for (std::size_t r = 0; r < kTileRows; ++r) {
        float sums[kPanelColumns] = {};
        add_row(a + r * stride, panel, depth, sums);
        for (std::size_t j = 0; j < kPanelColumns; ++j) y[r * kPanelColumns + j] += sums[j];
    }
}

void signs(const float* y, const float* row_bound, const float* column_bound,
           std::uint32_t* positive, std::uint32_t* unsure) {
    for (std::size_t r = 0; r < kTileRows; ++r, y += kPanelColumns) {
        positive[r] = unsure[r] = 0;
        for (std::size_t j = 0; j < kPanelColumns; ++j) {
            const float size = y[j] < 0 ? -y[j] : y[j];
            positive[r] |= static_cast<std::uint32_t>(y[j] >= 0) << j;
            unsure[r] |= static_cast<std::uint32_t>(!(size > row_bound[r] * column_bound[j])) << j;
        }
    }
}

constexpr std::size_t kRows = 64;   // taken together, so that a piece of the panel serves all
constexpr std::size_t kLines = 16;  // of 4 x 32 numbers: a piece of the panel

// sums[32] += four bytes of z times four rows of 32 numbers. Four products fit 16 bits, which
// compilers turn into vector instructions on any CPU.
void add_products(const std::uint8_t* z, const std::int16_t (*numbers)[kPanelColumns],
                  std::int32_t* sums) {
    const std::int16_t z0 = z[0], z1 = z[1], z2 = z[2], z3 = z[3];
    for (std::size_t j = 0; j < kPanelColumns; ++j)
        sums[j] += static_cast<std::int16_t>(z0 * numbers[0][j] + z1 * numbers[1][j] +
                                             z2 * numbers[2][j] + z3 * numbers[3][j]);
}

// Lines of a panel from its k-th row on, as `count` rows of 32 numbers.
void unpack(const std::int8_t* panel, std::size_t k, std::size_t count,
            std::int16_t (*numbers)[kPanelColumns]) {
    for (std::size_t i = 0; i < count; ++i)
        for (std::size_t j = 0; j < kPanelColumns; ++j)
            numbers[i][j] = panel[((k + i) / 4 * kPanelColumns + j) * 4 + i % 4];
}

std::uint32_t signs_of(const std::int32_t* sums) {
    std::uint32_t word = 0;
    for (std::size_t j = 0; j < kPanelColumns; ++j)
        word |= static_cast<std::uint32_t>(sums[j] >= 0) << j;
    return word;
}

// Signs of at most kRows rows against one panel.
void rotate_rows(const std::uint8_t* z, std::size_t n_rows, std::size_t stride,
                 const std::int8_t* panel, const std::int32_t* start, std::size_t n_panels,
                 std::uint32_t* bits) {
    std::int32_t sums[kRows][kPanelColumns];
    std::int16_t numbers[4 * kLines][kPanelColumns];
    for (std::size_t row = 0; row < n_rows; ++row)
        for (std::size_t j = 0; j < kPanelColumns; ++j) sums[row][j] = start[j];
    for (std::size_t k = 0; k < stride; k += 4 * kLines) {
        const std::size_t count = stride - k < 4 * kLines ? stride - k : 4 * kLines;
        unpack(panel, k, count, numbers);
        for (std::size_t row = 0; row < n_rows; ++row)
            for (std::size_t i = 0; i < count; i += 4)
                add_products(z + row * stride + k + i, numbers + i, sums[row]);
    }
    for (std::size_t row = 0; row < n_rows; ++row) bits[row * n_panels] = signs_of(sums[row]);
}

void rotate(const std::uint8_t* z, std::size_t n_rows, std::size_t stride,
            const std::int8_t* rotation, const std::int32_t* start, std::size_t n_panels,
            std::uint32_t* bits, bool) {
    for (std::size_t p = 0; p < n_panels; ++p)
        for (std::size_t row = 0; row < n_rows; row += kRows)
            rotate_rows(z + row * stride, n_rows - row < kRows ? n_rows - row : kRows, stride,
                        rotation + p * panel_bytes(stride), start + p * kPanelColumns, n_panels,
                        bits + row * n_panels + p);
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

const TrainKernels kTrainScalar{centre, project, add_products, signs, rotate, add_rows};

}  // namespace iiq
