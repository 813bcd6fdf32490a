// The AMX kernel of training with its tile instructions emulated, beside the scalar one. Where
// there is AMX test_train.cpp runs it too.
#include "kernels/cpu.h"

#if defined(__x86_64__)
#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include "kernels/train/amx.h"
#include "tests/check.h"
#include "tests/tiles_emulated.h"
#include "train/panels.h"

static void check_rotate(std::size_t n, std::size_t n_inputs, std::size_t n_bits, bool more) {
    const std::size_t stride = (n_inputs + 15) / 16 * 16;
    std::mt19937 random(static_cast<unsigned>(n + n_inputs));
    std::uniform_int_distribution<int> byte(1, 127), weight(-63, 63);
    // exactly as long as may be read, so that a sanitizer sees what is read behind it
    const std::size_t size = (n + (more ? 1 : 0)) * stride;
    const std::unique_ptr<std::uint8_t[]> z(new std::uint8_t[size]);
    for (std::size_t i = 0; i < size; ++i) z[i] = static_cast<std::uint8_t>(byte(random));
    std::vector<std::int8_t> rotation(n_inputs * n_bits);
    for (auto& value : rotation) value = static_cast<std::int8_t>(weight(random));
    const iiq::RotationPanels panels(rotation.data(), n_inputs, n_bits, stride);
    std::vector<std::uint32_t> got(n * panels.n_panels, 0xdeadbeef), expected(got);
    const auto scalar = iiq::train_kernels(iiq::Isa::scalar).rotate;
    scalar(z.get(), n, stride, panels.values.data(), panels.start.data(), panels.n_panels,
           expected.data(), more);
    iiq::amx::rotate<EmulatedTiles>(z.get(), n, stride, panels.values.data(), panels.start.data(),
                                    panels.n_panels, got.data(), more, scalar);
    CHECK(got == expected);
    CHECK(!EmulatedTiles::configured);
}

TEST_WITH(iiq::Isa::avx512, amx_rotation_on_emulated_tiles) {
    for (const std::size_t n_inputs : {1, 16, 47, 48, 64, 65, 100, 128, 300})
        for (const bool more : {false, true}) check_rotate(70, n_inputs, 33, more);
    for (const std::size_t n : {1, 31, 32, 33, 64, 256}) check_rotate(n, 100, 65, false);
}
#endif
