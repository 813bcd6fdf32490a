// Which table of bit-flip kernels a kernel set uses.
#include "kernels/refine/table.h"

#include "kernels/cpu.h"

namespace iiq {

const RefineKernels& refine_kernels(Isa isa) {
    switch (isa) {
#if defined(__x86_64__) || defined(_M_X64)
        case Isa::amx:
        case Isa::avx512:
            return kRefineAvx512;
        case Isa::avx2:
            return kRefineAvx2;
#endif
        default:
            return kRefineScalar;  // NEON: the compiler vectorises the portable form
    }
}

}  // namespace iiq
