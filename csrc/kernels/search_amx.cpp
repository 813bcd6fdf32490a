// AMX int8: 16 queries times 16 codes a tile instruction, for batches; the rest is AVX-512's.
// search_amx.h has the kernel, tiles.h the instructions.
#include "kernels/search.h"

#if (defined(__x86_64__) || defined(_M_X64)) && !defined(_MSC_VER)
#include "kernels/search_amx.h"
#include "kernels/tiles.h"

namespace iiq {
namespace {

constexpr ScanMethod kTileProducts{"tiles",
                                   64,
                                   1,
                                   kNarrowBits,
                                   amx::query_bytes,
                                   amx::scratch_bytes,
                                   amx::run_blocks,
                                   amx::prepare,
                                   amx::scan<Tiles>};

}  // namespace

const SearchKernels& amx_search() {
    const SearchKernels& avx512 = avx512_search();
    static const ScanMethod batch[] = {avx512.batch[0], avx512.batch[1], kTileProducts};
    static const SearchKernels kernels{avx512.distances, avx512.one, batch, 3, avx512.tables};
    return kernels;
}

}  // namespace iiq

#elif defined(_M_X64)

namespace iiq {

const SearchKernels& amx_search() { return avx512_search(); }

}  // namespace iiq
#endif
