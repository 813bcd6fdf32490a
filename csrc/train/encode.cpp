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

constexpr std::size_t kBlockRows = 24 * kTileRows;  // centred rows taken together
constexpr std::size_t kDepth = 256;  // of their numbers at a time: with a piece of a panel in L2
constexpr std::uint64_t kRowsPerThread = 1024;  // fewer are not worth a thread

// Rows are summed in pieces of at most kDepth numbers, all but the last of one length.
struct Pieces {
    explicit Pieces(std::size_t depth)
        : count(std::max<std::size_t>((depth + kDepth - 1) / kDepth, 1)),
          length((depth + count - 1) / count) {}
    std::size_t count, length;
};

std::size_t whole_tiles(std::size_t n) { return (n + kTileRows - 1) / kTileRows * kTileRows; }

// A block of centred rows, in whole tiles: rows past the last are zero.
struct CentredRows {
    CentredRows(std::size_t depth, std::size_t most)
        : depth(depth),
          stride(16 * ((depth + 15) / 16 | 1)),
          values(most * stride),
          squares(most) {}

    // Returns the first row that is not finite, n if all are.
    std::size_t load(const float* x, std::size_t n, const double* mean,
                     const TrainKernels& kernels) {
        std::size_t bad = n;
        for (std::size_t r = n; r-- > 0;) {
            squares[r] = kernels.centre(x + r * depth, mean, depth, values.data() + r * stride);
            if (!std::isfinite(squares[r])) bad = r;
        }
        const std::size_t padded = whole_tiles(n);
        std::fill(values.begin() + n * stride, values.begin() + padded * stride, 0.0f);
        std::fill(squares.begin() + n, squares.begin() + padded, 0.0);
        return bad;
    }

    const float* row(std::size_t r) const { return values.data() + r * stride; }

    std::size_t depth, stride;  // an odd number of cache lines: no two rows of a tile share a set
    std::vector<float> values;
    std::vector<double> squares;
};

// The sums whose signs encode() promises, and the bounds that tell when float32 gives the same
// sign.
class Certificate {
  public:
    Certificate(const LinearMap& map, const FloatPanels& panels)
        : map_(map), largest_norm_(panels.largest_norm) {
        const Pieces pieces(map.n_inputs);
        roundings_ = static_cast<double>(pieces.length + pieces.count);
    }

    // With a and p the rounded row and column, the float32 sum differs from the float64 one by less
    // than (roundings + 4) 2^-24 |a| |p|, plus what underflow takes; infinite where a sum may
    // overflow.
    float row_bound(double squares) const {
        const double norm = std::sqrt(squares);
        if (!(norm * largest_norm_ < 1e37)) return std::numeric_limits<float>::infinity();
        const double bound = (roundings_ + 8) * 0x1p-24 * 1.001 * norm;
        return static_cast<float>(bound + 1e-36);
    }

    // The signs of one row in one panel, the unsure ones settled in float64.
    std::uint32_t settled(const float* x, std::size_t column, std::uint32_t word,
                          std::uint32_t unsure) const {
        if (!unsure) return word;
        int places[kPanelColumns];
        double sums[kPanelColumns] = {};
        int count = 0;
        for (std::uint32_t left = unsure; left; left &= left - 1)
            places[count++] = std::countr_zero(left);
        const double* line = map_.projection + column;
        for (std::size_t k = 0; k < map_.n_inputs; ++k, line += map_.n_outputs) {
            const double centred = static_cast<double>(x[k]) - map_.mean[k];
            for (int i = 0; i < count; ++i) sums[i] += centred * line[places[i]];
        }
        for (int i = 0; i < count; ++i) {
            const std::uint32_t bit = std::uint32_t{1} << places[i];
            word = sums[i] >= 0 ? word | bit : word & ~bit;
        }
        return word;
    }

  private:
    const LinearMap& map_;
    double roundings_, largest_norm_;
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

// Call use(y, squares, row, count, p) for each tile of `count` rows from row first .. last on and
// each panel p: y their 12 x 32 sums by `add`, squares of the rows. Of wide rows a piece is taken
// at a time, so that neither they nor the panel leave the cache; sums of all panels wait.
template <class Use>
void for_each_tile(const Job& job, decltype(TrainKernels::project) add, std::uint64_t first,
                   std::uint64_t last, const Use& use) {
    const std::size_t depth = job.map.n_inputs;
    const Pieces pieces(depth);
    const std::size_t most = std::min<std::uint64_t>(kBlockRows, whole_tiles(last - first));
    CentredRows rows(depth, most);
    std::vector<float> sums(job.panels.n_panels * most * kPanelColumns);
    for (std::uint64_t start = first; start < last; start += most) {
        const std::size_t count = std::min<std::uint64_t>(most, last - start);
        const std::size_t bad = rows.load(job.x + start * depth, count, job.map.mean, job.kernels);
        if (bad < count) job.bad.meet(start + bad);
        std::fill(sums.begin(), sums.end(), 0.0f);
        for (std::size_t k = 0; k < depth; k += pieces.length) {
            const std::size_t length = std::min(pieces.length, depth - k);
            for (std::size_t p = 0; p < job.panels.n_panels; ++p) {
                const float* panel = job.panels.panel(p) + k * kPanelColumns;
                for (std::size_t tile = 0; tile < count; tile += kTileRows) {
                    float* y = sums.data() + (p * most + tile) * kPanelColumns;
                    add(rows.row(tile) + k, rows.stride, panel, length, y);
                    if (k + length == depth)
                        use(y, rows.squares.data() + tile, start + tile,
                            std::min(kTileRows, count - tile), p);
                }
            }
        }
    }
}

void encode_range(const Job& job, const Certificate& certificate, std::uint64_t first,
                  std::uint64_t last, std::uint8_t* codes) {
    const std::size_t code_bytes = (job.map.n_outputs + 7) / 8;
    const auto use = [&](const float* y, const double* squares, std::uint64_t row,
                         std::size_t count, std::size_t p) {
        float bounds[kTileRows];
        for (std::size_t r = 0; r < kTileRows; ++r) bounds[r] = certificate.row_bound(squares[r]);
        std::uint32_t positive[kTileRows], unsure[kTileRows];
        const std::size_t column = p * kPanelColumns;
        job.kernels.signs(y, bounds, job.panels.column_bound.data() + column, positive, unsure);
        const std::size_t width = job.panels.width(p);
        const std::uint32_t valid = ~std::uint32_t{0} >> (kPanelColumns - width);
        for (std::size_t r = 0; r < count; ++r) {
            const std::uint32_t word =
                certificate.settled(job.x + (row + r) * job.map.n_inputs, column,
                                    positive[r] & valid, unsure[r] & valid);
            std::uint8_t* out = codes + (row + r) * code_bytes + column / 8;
            for (std::size_t b = 0; b < (width + 7) / 8; ++b)
                out[b] = static_cast<std::uint8_t>(word >> (8 * b));
        }
    };
    for_each_tile(job, job.kernels.add_products, first, last, use);
}

// Call use(row, column, width, y) for 1 x 32 pieces of the projection of rows first .. last.
template <class Use>
void project_range(const Job& job, std::uint64_t first, std::uint64_t last, const Use& use) {
    const auto tile_use = [&](const float* y, const double*, std::uint64_t row, std::size_t count,
                              std::size_t p) {
        for (std::size_t r = 0; r < count; ++r)
            use(row + r, p * kPanelColumns, job.panels.width(p), y + r * kPanelColumns);
    };
    for_each_tile(job, job.kernels.project, first, last, tile_use);
}

void project_rows(const Job& job, std::size_t n, float* y, unsigned threads) {
    const std::size_t n_outputs = job.map.n_outputs;
    const auto use = [&](std::uint64_t row, std::size_t column, std::size_t width,
                         const float* values) {
        std::memcpy(y + row * n_outputs + column, values, width * sizeof(float));
    };
    parallel_ranges(n, useful_threads(threads, n, kRowsPerThread),
                    [&](unsigned, std::uint64_t first, std::uint64_t last) {
                        project_range(job, first, last, use);
                    });
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
    project_rows({x, map, panels, kernels, bad}, n, y, threads);
    return bad.row();
}

void multiply(const float* a, std::size_t n, const FloatMatrix& b, float* y, unsigned threads,
              const TrainKernels& kernels) {
    const std::vector<double> zeros(b.n_rows);
    const LinearMap map{zeros.data(), nullptr, b.n_rows, b.n_columns};
    const FloatPanels panels(b);
    FirstBad bad;
    project_rows({a, map, panels, kernels, bad}, n, y, threads);
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
