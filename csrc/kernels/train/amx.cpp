// AMX int8: 16 x 16 sums over 64 bytes a tile instruction; the rest is AVX-512's. amx.h has
// the kernel, tiles.h the instructions.
#include "kernels/train/table.h"

#if (defined(__x86_64__) || defined(_M_X64)) && !defined(_MSC_VER)
#include "kernels/tiles.h"
#include "kernels/train/amx.h"

namespace iiq {
namespace {

void rotate(const std::uint8_t* z, std::size_t n_rows, std::size_t stride,
            const std::int8_t* rotation, const std::int32_t* start, std::size_t n_panels,
            std::uint32_t* bits, bool more) {
    amx::rotate<Tiles>(z, n_rows, stride, rotation, start, n_panels, bits, more,
                       kTrainAvx512.rotate);
}

}  // namespace

const TrainKernels& amx_train() {
    static const TrainKernels kernels{kTrainAvx512.centre,
                                      kTrainAvx512.project,
                                      kTrainAvx512.add_products,
                                      kTrainAvx512.signs,
                                      rotate,
                                      kTrainAvx512.add_rows};
    return kernels;
}

}  // namespace iiq

#elif defined(_M_X64)

namespace iiq {

const TrainKernels& amx_train() { return kTrainAvx512; }

}  // namespace iiq
#endif
