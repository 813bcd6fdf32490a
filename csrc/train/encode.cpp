#include "train/encode.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <mutex>
#include <vector>

#include "base/threads.h"
#include "kernels/train/table.h"
#include "train/panels.h"

namespace iiq {
namespace {

constexpr std::size_t kBlockRows = 8 * kTileRows;  // centred rows that stay in L2 beside the panels
constexpr std::uint64_t kRowsPerThread = 1024;     // fewer are not worth a thread

// A block of centred rows, in whole tiles: rows past the last are zero.
struct CentredRows {
    explicit CentredRows(std::size_t depth)
        : depth(depth), values(kBlockRows * depth), squares(kBlockRows) {}

    // Returns the first row that is not finite, n if all are.
    std::size_t load(const float* x, std::size_t n, const double* mean,
                     const TrainKernels& kernels) {
        std::size_t bad = n;
        for (std::size_t r = n; r-- > 0;) {
            squares[r] = kernels.centre(x + r * depth, mean, depth, values.data() + r * depth);
            if (!std::isfinite(squares[r])) bad = r;
        }
        const std::size_t padded = (n + kTileRows - 1) / kTileRows * kTileRows;
        std::fill(values.begin() + n * depth, values.begin() + padded * depth, 0.0f);
        std::fill(squares.begin() + n, squares.begin() + padded, 0.0);
        return bad;
    }

    const float* row(std::size_t r) const { return values.data() + r * depth; }

    std::size_t depth;
    std::vector<float> values;
    std::vector<double> squares;
};

// The sums whose signs encode() promises, and the bounds that tell when float32 gives the same
// sign.
class Certificate {
  public:
    Certificate(const LinearMap& map, const FloatPanels& panels)
        : map_(map), columns_(map.n_inputs * map.n_outputs), largest_norm_(panels.largest_norm) {
        for (std::size_t k = 0; k < map.n_inputs; ++k)
            for (std::size_t j = 0; j < map.n_outputs; ++j)
                columns_[j * map.n_inputs + k] = map.projection[k * map.n_outputs + j];
    }

    // With a and p the rounded row and column, the float32 sum differs from the float64 one by less
    // than (depth + 4) 2^-24 |a| |p|, plus what underflow takes; infinite where a sum may overflow.
    float row_bound(double squares) const {
        const double norm = std::sqrt(squares);
        if (!(norm * largest_norm_ < 1e37)) return std::numeric_limits<float>::infinity();
        const double bound = (static_cast<double>(map_.n_inputs) + 8) * 0x1p-24 * 1.001 * norm;
        return static_cast<float>(bound + 1e-36);
    }

    bool positive(const float* x, std::size_t column) const {
        const double* p = columns_.data() + column * map_.n_inputs;
        double sum = 0;
        for (std::size_t k = 0; k < map_.n_inputs; ++k)
            sum += (static_cast<double>(x[k]) - map_.mean[k]) * p[k];
        return sum >= 0;
    }

  private:
    const LinearMap& map_;
    std::vector<double> columns_;  // the projection by columns
    double largest_norm_;
};

// The first row with NaN or infinity that any thread has met.
class FirstBad {
  public:
    void meet(std::uint64_t row) {
        const std::lock_guard<std::mutex> lock(mutex_);
        row_ = std::min(row_, row);
    }
    std::int64_t row() const { return row_ == kNone ? -1 : static_cast<std::int64_t>(row_); }

  private:
    static constexpr std::uint64_t kNone = ~std::uint64_t{0};
    std::mutex mutex_;
    std::uint64_t row_ = kNone;
};

// What one call shares among its threads.
struct Job {
    const float* x;
    const LinearMap& map;
    const FloatPanels& panels;
    const TrainKernels& kernels;
    FirstBad& bad;
};

// Call use(rows, row, column, width) for each tile of rows first .. last: `rows` centred rows of
// which the tile starts at `row`, columns column .. column + width.
template <class Use>
void for_each_tile(const Job& job, std::uint64_t first, std::uint64_t last, const Use& use) {
    CentredRows rows(job.map.n_inputs);
    for (std::uint64_t start = first; start < last; start += kBlockRows) {
        const std::size_t count = std::min<std::uint64_t>(kBlockRows, last - start);
        const std::size_t bad =
            rows.load(job.x + start * job.map.n_inputs, count, job.map.mean, job.kernels);
        if (bad < count) job.bad.meet(start + bad);
        for (std::size_t p = 0; p < job.panels.n_panels; ++p)
            for (std::size_t tile = 0; tile < count; tile += kTileRows)
                use(rows, tile, start + tile, std::min(kTileRows, count - tile), p);
    }
}

// The signs of one row in one panel, the unsure ones settled in float64.
std::uint32_t settle(const float* x, std::size_t column, std::uint32_t word, std::uint32_t unsure,
                     const Certificate& certificate) {
    for (; unsure; unsure &= unsure - 1) {
        const int j = std::countr_zero(unsure);
        const std::uint32_t bit = std::uint32_t{1} << j;
        word = certificate.positive(x, column + j) ? word | bit : word & ~bit;
    }
    return word;
}

void encode_range(const Job& job, const Certificate& certificate, std::uint64_t first,
                  std::uint64_t last, std::uint8_t* codes) {
    const std::size_t code_bytes = (job.map.n_outputs + 7) / 8;
    const auto use = [&](const CentredRows& rows, std::size_t tile, std::uint64_t row,
                         std::size_t count, std::size_t p) {
        float bounds[kTileRows];
        for (std::size_t r = 0; r < kTileRows; ++r)
            bounds[r] = certificate.row_bound(rows.squares[tile + r]);
        std::uint32_t positive[kTileRows], unsure[kTileRows];
        const std::size_t column = p * kPanelColumns;
        job.kernels.signs(rows.row(tile), job.panels.panel(p), job.map.n_inputs, bounds,
                          job.panels.column_bound.data() + column, positive, unsure);
        const std::size_t width = job.panels.width(p);
        const std::uint32_t valid = ~std::uint32_t{0} >> (kPanelColumns - width);
        for (std::size_t r = 0; r < count; ++r) {
            const std::uint32_t word = settle(job.x + (row + r) * job.map.n_inputs, column,
                                              positive[r] & valid, unsure[r] & valid, certificate);
            std::uint8_t* out = codes + (row + r) * code_bytes + column / 8;
            for (std::size_t b = 0; b < (width + 7) / 8; ++b)
                out[b] = static_cast<std::uint8_t>(word >> (8 * b));
        }
    };
    for_each_tile(job, first, last, use);
}

// Call use(row, column, width, y) for 1 x 32 pieces of the projection of rows first .. last.
template <class Use>
void project_range(const Job& job, std::uint64_t first, std::uint64_t last, const Use& use) {
    const auto tile_use = [&](const CentredRows& rows, std::size_t tile, std::uint64_t row,
                              std::size_t count, std::size_t p) {
        float y[kTileRows * kPanelColumns];
        job.kernels.project(rows.row(tile), job.panels.panel(p), job.map.n_inputs, y);
        for (std::size_t r = 0; r < count; ++r)
            use(row + r, p * kPanelColumns, job.panels.width(p), y + r * kPanelColumns);
    };
    for_each_tile(job, first, last, tile_use);
}

// Round to the nearest whole number, ties to even, and limit to -63 .. 63.
int round_to_byte(float value) {
    const float limited = std::min(float{kLargest}, std::max(-float{kLargest}, value));
    constexpr float kShift = 12582912.0f;  // 1.5 * 2^23: adding it leaves no room for a fraction
    return static_cast<int>((limited + kShift) - kShift);
}

}  // namespace

std::int64_t encode(const float* x, std::size_t n, const LinearMap& map, std::uint8_t* codes,
                    unsigned threads, const TrainKernels& kernels) {
    const FloatPanels panels(map);
    const Certificate certificate(map, panels);
    FirstBad bad;
    const Job job{x, map, panels, kernels, bad};
    parallel_ranges(n, useful_threads(threads, n, kRowsPerThread),
                    [&](unsigned, std::uint64_t first, std::uint64_t last) {
                        encode_range(job, certificate, first, last, codes);
                    });
    return bad.row();
}

std::int64_t project(const float* x, std::size_t n, const LinearMap& map, float* y,
                     unsigned threads, const TrainKernels& kernels) {
    const FloatPanels panels(map);
    FirstBad bad;
    const Job job{x, map, panels, kernels, bad};
    const auto use = [&](std::uint64_t row, std::size_t column, std::size_t width,
                         const float* values) {
        std::memcpy(y + row * map.n_outputs + column, values, width * sizeof(float));
    };
    parallel_ranges(n, useful_threads(threads, n, kRowsPerThread),
                    [&](unsigned, std::uint64_t first, std::uint64_t last) {
                        project_range(job, first, last, use);
                    });
    return bad.row();
}

std::int64_t quantize(const float* x, std::size_t n, const LinearMap& map, float scale,
                      std::uint8_t* z, std::size_t stride, std::int64_t* column_sums,
                      unsigned threads, const TrainKernels& kernels) {
    const FloatPanels panels(map);
    FirstBad bad;
    const Job job{x, map, panels, kernels, bad};
    std::mutex mutex;
    const auto task = [&](unsigned, std::uint64_t first, std::uint64_t last) {
        std::vector<std::int64_t> sums(map.n_outputs);
        std::memset(z + first * stride, kZeroByte, (last - first) * stride);
        project_range(
            job, first, last,
            [&](std::uint64_t row, std::size_t column, std::size_t width, const float* values) {
                std::uint8_t* out = z + row * stride + column;
                for (std::size_t j = 0; j < width; ++j) {
                    const int value = round_to_byte(values[j] * scale);
                    out[j] = static_cast<std::uint8_t>(value + kZeroByte);
                    sums[column + j] += value;
                }
            });
        const std::lock_guard<std::mutex> lock(mutex);
        for (std::size_t j = 0; j < map.n_outputs; ++j) column_sums[j] += sums[j];
    };
    parallel_ranges(n, useful_threads(threads, n, kRowsPerThread), task);
    return bad.row();
}

}  // namespace iiq
