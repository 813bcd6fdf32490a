// Fitting and encoding vectors of 300 numbers into 300 bits, and codes back into vectors.
#include <cmath>
#include <memory>

#include "base/buffer.h"
#include "bench/work.h"
#include "codes/blocks.h"
#include "codes/decode.h"
#include "kernels/train/table.h"
#include "train/encode.h"
#include "train/refine.h"
#include "train/rotation.h"

namespace iiq::bench {
namespace {

constexpr std::size_t kDim = 300, kBits = 300, kBytes = (kBits + 7) / 8;
constexpr std::size_t kStride = (kDim + kRowAlign - 1) / kRowAlign * kRowAlign;

struct Map {
    std::vector<double> mean = std::vector<double>(kDim);
    std::vector<double> projection = std::vector<double>(kDim * kBits);
    Map() {
        const auto numbers = normal_numbers(kDim * kBits, 3);
        projection.assign(numbers.begin(), numbers.end());
    }
    LinearMap map() const { return {mean.data(), projection.data(), kDim, kBits}; }
};

Run encoding(std::size_t n, Isa isa) {
    auto x = std::make_shared<std::vector<float>>(normal_numbers(n * kDim, 4));
    auto map = std::make_shared<Map>();
    auto codes = std::make_shared<std::vector<std::uint8_t>>(n * kBytes);
    return [=] { encode(x->data(), n, map->map(), codes->data(), 1, train_kernels(isa)); };
}

struct Step {
    explicit Step(std::size_t n)
        : z(random_bytes(n * kStride, 5)),
          rotation(kDim * kBits),
          bits(n * ((kBits + 31) / 32)),
          sums(kBits * kStride) {
        for (auto& byte : z) byte = static_cast<std::uint8_t>(byte % 127 + 1);
        const auto bytes = random_bytes(rotation.size(), 6);
        for (std::size_t i = 0; i < bytes.size(); ++i)
            rotation[i] = static_cast<std::int8_t>(bytes[i] % 127 - kLargest);
    }
    std::vector<std::uint8_t> z;
    std::vector<std::int8_t> rotation;
    std::vector<std::uint32_t> bits;
    std::vector<std::int64_t> sums;
};

// After the first run no sign changes, as in most of a fit hardly one does.
Run training_step(std::size_t n, Isa isa) {
    auto step = std::make_shared<Step>(n);
    const Run run = [=] {
        rotation_step(step->z.data(), n, kStride, step->rotation.data(), kDim, kBits,
                      step->bits.data(), step->sums.data(), 1, train_kernels(isa));
    };
    run();
    return run;
}

struct Flips {
    explicit Flips(std::size_t n, Isa isa)
        : units(n * kDim), codes(random_bytes(n * kBytes, 7)), refiner(make_refiner(isa)) {
        for (std::size_t i = kBytes - 1; i < codes.size(); i += kBytes)
            codes[i] &= (1u << kBits % 8) - 1;
        const std::vector<double> mean(kDim);
        unit_rows(normal_numbers(n * kDim, 8).data(), n, mean.data(), nullptr, 0, kDim,
                  units.data(), 1);
    }
    static Refiner make_refiner(Isa isa) {
        const auto numbers = normal_numbers(kBits * kDim, 9);
        std::vector<std::int16_t> decoder(numbers.size()), gram(kBits * kBits);
        const float scale = 16384 / std::sqrt(4.0f * kDim);
        for (std::size_t i = 0; i < numbers.size(); ++i)
            decoder[i] = static_cast<std::int16_t>(numbers[i] * scale);
        for (std::size_t i = 0; i < kBits; ++i)
            for (std::size_t j = 0; j < kBits; ++j) {
                std::int64_t dot = 1 << 13;
                for (std::size_t k = 0; k < kDim; ++k)
                    dot += decoder[i * kDim + k] * decoder[j * kDim + k];
                gram[i * kBits + j] = static_cast<std::int16_t>(dot >> 14);
            }
        return {decoder.data(), 28 - 15, gram.data(), kDim, kBits, isa};
    }
    std::vector<std::int16_t> units;
    std::vector<std::uint8_t> codes;
    Refiner refiner;
};

// From random codes: more flips than from the signs of a fit.
Run bit_flips(std::size_t n, Isa isa) {
    auto flips = std::make_shared<Flips>(n, isa);
    auto codes = std::make_shared<std::vector<std::uint8_t>>();
    return [=] {
        *codes = flips->codes;
        flips->refiner.refine(flips->units.data(), n, codes->data(), 1);
    };
}

Run decoding(std::size_t n) {
    auto blocks =
        std::shared_ptr<std::uint8_t[]>(new std::uint8_t[blocks_for(n) * block_bytes(kBits)]);
    to_blocks(Flips(n, Isa::scalar).codes.data(), n, kBits, 1, blocks.get());
    auto rows = std::make_shared<std::vector<float>>(normal_numbers(kBits * kDim, 12));
    auto base = std::make_shared<std::vector<double>>(kDim);
    auto ids = std::make_shared<std::vector<std::int64_t>>(n);
    for (std::size_t i = 0; i < n; ++i) (*ids)[i] = static_cast<std::int64_t>(i * 5 % n);
    auto vectors = std::make_shared<std::vector<double>>(n * kDim);
    return [=] {
        const DecoderRows decoder{rows->data(), base->data(), 1, kDim};
        decode_codes({blocks.get(), n, kBits}, ids->data(), n, decoder, vectors->data());
    };
}

}  // namespace

void add_vector_work(std::vector<Work>& all) {
    constexpr double products = double{kDim} * kBits;
    all.push_back({"training step", "row", 4096, 0, products, true,
                   [](Isa isa) { return training_step(4096, isa); }});
    all.push_back(
        {"encoding", "row", 2048, 0, products, true, [](Isa isa) { return encoding(2048, isa); }});
    all.push_back(
        {"bit flips", "row", 256, 0, 0, true, [](Isa isa) { return bit_flips(256, isa); }});
    all.push_back({"decoding", "code", 1024, 0, 0, false, [](Isa) { return decoding(1024); }});
}

}  // namespace iiq::bench
