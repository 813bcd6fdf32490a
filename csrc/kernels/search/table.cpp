// Which table of search kernels belongs to which kernel set.
#include "kernels/search/table.h"

#include "kernels/cpu.h"

namespace iiq {

const SearchKernels& search_kernels(Isa isa) {
    switch (isa) {
#if defined(__x86_64__) || defined(_M_X64)
        case Isa::avx2:
            return avx2_search();
        case Isa::avx512:
            return avx512_search();
        case Isa::amx:
            return amx_search();
#endif
#if defined(__aarch64__) || defined(_M_ARM64)
        case Isa::neon:
            return neon_search();
#endif
        default:
            return scalar_search();
    }
}

}  // namespace iiq
