#include "train/rotation.h"

#include <algorithm>
#include <bit>
#include <mutex>
#include <vector>

#include "base/threads.h"
#include "kernels/train/table.h"
#include "train/panels.h"

namespace iiq {

namespace {

constexpr std::uint64_t kRowsPerThread = 512;  // fewer are not worth a thread

// The rows of a block whose bit j rose or fell, for each j: rows that rose from the front of a list
// of 256, rows that fell from its back.
class Flips {
  public:
    explicit Flips(std::size_t n_bits) : rows_(n_bits * kFlipRows), up_(n_bits), down_(n_bits) {}

    void collect(const std::uint32_t* before, const std::uint32_t* now, std::size_t n_rows,
                 std::size_t n_words) {
        for (std::size_t row = 0; row < n_rows; ++row, before += n_words, now += n_words) {
            for (std::size_t w = 0; w < n_words; ++w) {
                for (std::uint32_t rose = now[w] & ~before[w]; rose; rose &= rose - 1) {
                    const std::size_t j = w * 32 + std::countr_zero(rose);
                    rows_[j * kFlipRows + up_[j]++] = static_cast<std::uint8_t>(row);
                }
                for (std::uint32_t fell = before[w] & ~now[w]; fell; fell &= fell - 1) {
                    const std::size_t j = w * 32 + std::countr_zero(fell);
                    rows_[j * kFlipRows + kFlipRows - ++down_[j]] = static_cast<std::uint8_t>(row);
                }
            }
        }
    }

    // Bring sums up to date with what was collected, and forget it.
    void apply(const std::uint8_t* z, std::size_t stride, std::int32_t* sums,
               const TrainKernels& kernels) {
        for (std::size_t j = 0; j < up_.size(); ++j) {
            if (up_[j] + down_[j] == 0) continue;
            std::uint8_t* rows = rows_.data() + j * kFlipRows;
            std::copy_n(rows + kFlipRows - down_[j], down_[j], rows + up_[j]);
            kernels.add_rows(z, stride, rows, up_[j], down_[j], sums + j * stride);
            up_[j] = down_[j] = 0;
        }
    }

  private:
    std::vector<std::uint8_t> rows_;
    std::vector<std::uint16_t> up_, down_;
};

}  // namespace

void rotation_step(const std::uint8_t* z, std::size_t n, std::size_t stride,
                   const std::int8_t* rotation, std::size_t n_inputs, std::size_t n_bits,
                   std::uint32_t* bits, std::int64_t* sums, unsigned threads,
                   const TrainKernels& kernels) {
    const RotationPanels panels(rotation, n_inputs, n_bits, stride);
    const std::size_t n_words = panels.n_panels;
    std::mutex mutex;
    const auto task = [&](unsigned, std::uint64_t first, std::uint64_t last) {
        std::vector<std::uint32_t> now(kFlipRows * n_words);
        std::vector<std::int32_t> changes(n_bits * stride);
        Flips flips(n_bits);
        for (std::size_t row = first; row < last; row += kFlipRows) {
            const std::size_t count = std::min<std::size_t>(kFlipRows, last - row);
            const std::uint8_t* block = z + row * stride;
            kernels.rotate(block, count, stride, panels.values.data(), panels.start.data(), n_words,
                           now.data(), row + count < n);
            flips.collect(bits + row * n_words, now.data(), count, n_words);
            flips.apply(block, stride, changes.data(), kernels);
            std::copy_n(now.data(), count * n_words, bits + row * n_words);
        }
        const std::lock_guard<std::mutex> lock(mutex);
        for (std::size_t i = 0; i < changes.size(); ++i) sums[i] += changes[i];
    };
    parallel_ranges(n, useful_threads(threads, n, kRowsPerThread), task);
}

}  // namespace iiq
