// From vectors to projections, codes and quantized rows, block by block, in parallel.
#pragma once

#include <cstddef>
#include <cstdint>

#include "train/linear_map.h"
#include "train/panels.h"

namespace iiq {

struct TrainKernels;

// codes (n x ceil(n_outputs / 8), bits least significant first, padding zero) = signs of (x - mean)
// P. The sign is that of the float64 sum over the inputs in order: sum of (x_k - mean_k) * P_kj, no
// fused multiply-add. It is taken from float32 sums wherever a bound on their error allows.
// Returns the first row that holds NaN or infinity, -1 if none does.
std::int64_t encode(const float* x, std::size_t n, const LinearMap& map, std::uint8_t* codes,
                    unsigned threads, const TrainKernels& kernels);

// y (n x n_outputs) = (x - mean) P in float32: the mean taken off in float64, then products and
// sums rounded to float32 in order, so that the result is the same on every kernel set.
// Returns what encode() returns.
std::int64_t project(const float* x, std::size_t n, const LinearMap& map, float* y,
                     unsigned threads, const TrainKernels& kernels);

// y (n x b.n_columns) = a b, for n rows a of b.n_rows numbers: sums as those of project().
void multiply(const float* a, std::size_t n, const FloatMatrix& b, float* y, unsigned threads,
              const TrainKernels& kernels);

// z (n x stride bytes, stride a multiple of 16) = the projection times `scale`, rounded to even,
// limited to -63 .. 63, plus 64; padding 64. Adds to column_sums (n_outputs) the sums of the
// rounded numbers. Returns what encode() returns.
std::int64_t quantize(const float* x, std::size_t n, const LinearMap& map, float scale,
                      std::uint8_t* z, std::size_t stride, std::int64_t* column_sums,
                      unsigned threads, const TrainKernels& kernels);

}  // namespace iiq
