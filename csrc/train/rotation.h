// One step of the rotation's training on quantized rows: signs of Z R, and what they add to B^T Z.
#pragma once

#include <cstddef>
#include <cstdint>

namespace iiq {

struct TrainKernels;

// z: n x stride bytes from quantize(). rotation: n_inputs x n_bits in -63 .. 63, row-major.
// bits: n rows of ceil(n_bits / 32) words, the signs of the last step (zero before the first),
// replaced by those of Z R. sums (n_bits x stride): the sum of the rows whose bit is set, brought
// up to date with the bits: only rows whose bit has changed are touched, and they are few. All of
// it in integers: the same for every kernel set and number of threads. n < 2^24.
void rotation_step(const std::uint8_t* z, std::size_t n, std::size_t stride,
                   const std::int8_t* rotation, std::size_t n_inputs, std::size_t n_bits,
                   std::uint32_t* bits, std::int64_t* sums, unsigned threads,
                   const TrainKernels& kernels);

}  // namespace iiq
