// AMX int8: 16 float queries times 16 codes a tile instruction, for batches of them. The rest is
// AVX-512's, whose adders of bit planes find Hamming neighbours faster than products of bytes.
// amx.h has the kernel, tiles.h the instructions.
#include "kernels/search/table.h"

#if (defined(__x86_64__) || defined(_M_X64)) && !defined(_MSC_VER)
#include "kernels/search/amx.h"
#include "kernels/tiles.h"

namespace iiq {
namespace {

constexpr WeightedScan kTileProducts{{"tiles", 16, 1, 8192, amx::query_bytes, amx::scratch_bytes,
                                      amx::run_blocks, nullptr, amx::scan<Tiles>},
                                     amx::prepare};

}  // namespace

const SearchKernels& amx_search() {
    static const SearchKernels kernels = [] {
        SearchKernels same = avx512_search();
        same.weights = &kTileProducts;
        return same;
    }();
    return kernels;
}

}  // namespace iiq

#elif defined(_M_X64)

namespace iiq {

const SearchKernels& amx_search() { return avx512_search(); }

}  // namespace iiq
#endif
