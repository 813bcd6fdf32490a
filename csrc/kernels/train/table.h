// The kernels of fitting and encoding, one table for each kernel set.
//
// Three ideas keep the answers the same on every CPU. Signs of float32 sums come with a mask of
// those too close to zero to be sure, which the caller settles in float64. Projections round each
// product and each sum apart, in order. The training loop sums integers only.
#pragma once

#include <cstddef>
#include <cstdint>

namespace iiq {

enum class Isa;

constexpr std::size_t kTileRows = 12;      // rows of one call of a float32 tile
constexpr std::size_t kPanelColumns = 32;  // columns of one call: one 32-bit word of signs a row
constexpr std::size_t kRowAlign = 16;   // rows of quantized vectors are padded to this many bytes
constexpr std::size_t kFlipRows = 256;  // most rows of one call of add_rows
constexpr int kZeroByte = 64;           // a quantized 0: a byte b stands for b - 64
constexpr int kLargest = 63;            // quantized numbers are -63 .. 63

// Bytes of a panel of the rotation: lines of 4 x 32, to the end of a tile of 64 rows.
constexpr std::size_t panel_bytes(std::size_t stride) {
    return (stride + 63) / 64 * 64 * kPanelColumns;
}

struct TrainKernels {
    // a[k] = x[k] - mean[k], the difference rounded once; returns a bound-quality sum of a[k]^2.
    double (*centre)(const float* x, const double* mean, std::size_t depth, float* a);

    // y[r][j] += a[r * stride + k] * panel[k][j] for 12 rows and 32 columns, k = 0 .. depth - 1 in
    // order, each product and each sum rounded to float32: the same bits in every set.
    void (*project)(const float* a, std::size_t stride, const float* panel, std::size_t depth,
                    float* y);

    // The same in any rounding: y += a sum whose error is below depth * 2^-24 * sum |a| |panel|.
    void (*add_products)(const float* a, std::size_t stride, const float* panel, std::size_t depth,
                         float* y);

    // Of 12 x 32 sums: bit j of positive[r] says y >= 0, bit j of unsure[r] says that not
    // |y| > row_bound[r] * column_bound[j].
    void (*signs)(const float* y, const float* row_bound, const float* column_bound,
                  std::uint32_t* positive, std::uint32_t* unsure);

    // Signs of integer sums. z: n_rows rows of `stride` bytes, 1 .. 127. rotation:
    // n_panels panels [stride / 4][32 columns][4 rows of the matrix] in -63 .. 63. start: for each
    // column minus 64 times its sum (-1 for a column of padding), so that the bytes may be taken
    // as they are. Bit j of bits[row * n_panels + p]: the sum of column 32 p + j is at least 0.
    // A panel takes panel_bytes(stride) bytes, zeros at its end. `more`: another row follows in z.
    void (*rotate)(const std::uint8_t* z, std::size_t n_rows, std::size_t stride,
                   const std::int8_t* rotation, const std::int32_t* start, std::size_t n_panels,
                   std::uint32_t* bits, bool more);

    // sums (stride numbers) += rows[0 .. n_up) of z, -= rows[n_up .. n_up + n_down). At most 256
    // rows in all, so that 16 bits hold what is summed before it is added.
    void (*add_rows)(const std::uint8_t* z, std::size_t stride, const std::uint8_t* rows,
                     std::size_t n_up, std::size_t n_down, std::int32_t* sums);
};

extern const TrainKernels kTrainScalar;
#if defined(__x86_64__) || defined(_M_X64)
extern const TrainKernels kTrainAvx2;
extern const TrainKernels kTrainAvx512;
const TrainKernels& amx_train();
#endif

// The table of a set; a set without its own kernels borrows the next best.
const TrainKernels& train_kernels(Isa isa);

}  // namespace iiq
