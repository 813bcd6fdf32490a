#include "train/rotation.h"

#include <algorithm>
#include <mutex>
#include <vector>

#include "bits/parallel.h"
#include "kernels/train.h"
#include "train/panels.h"

namespace iiq {

constexpr std::size_t kStepRows = 96;           // rows whose new signs are held beside the old ones
constexpr std::uint64_t kStepsPerThread = 512;  // fewer rows are not worth a thread

void rotation_step(const std::uint8_t* z, std::size_t n, std::size_t stride,
                   const std::int8_t* rotation, std::size_t n_inputs, std::size_t n_bits,
                   std::uint32_t* bits, std::int64_t* sums, unsigned threads,
                   const TrainKernels& kernels) {
    const RotationPanels panels(rotation, n_inputs, n_bits, stride);
    const std::size_t n_words = panels.n_panels;
    std::mutex mutex;
    const auto task = [&](unsigned, std::uint64_t first, std::uint64_t last) {
        std::vector<std::uint32_t> now(kStepRows * n_words);
        std::vector<std::int32_t> changes(n_words * kPanelColumns * stride);
        for (std::size_t row = first; row < last; row += kStepRows) {
            const std::size_t count = std::min<std::size_t>(kStepRows, last - row);
            kernels.rotate(z + row * stride, count, stride, panels.values.data(),
                           panels.start.data(), n_words, now.data());
            for (std::size_t r = 0; r < count; ++r)
                kernels.add_flips(z + (row + r) * stride, stride, bits + (row + r) * n_words,
                                  now.data() + r * n_words, n_words, changes.data());
            std::copy_n(now.data(), count * n_words, bits + row * n_words);
        }
        const std::lock_guard<std::mutex> lock(mutex);
        for (std::size_t i = 0; i < n_bits * stride; ++i) sums[i] += changes[i];
    };
    parallel_ranges(n, useful_threads(threads, n, kStepsPerThread), task);
}

}  // namespace iiq
