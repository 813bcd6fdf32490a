#include "kernels/train/table.h"

#include "kernels/cpu.h"

namespace iiq {

const TrainKernels& train_kernels(Isa isa) {
    switch (isa) {
#if defined(__x86_64__) || defined(_M_X64)
        case Isa::amx:
            return amx_train();
        case Isa::avx512:
            return kTrainAvx512;
        case Isa::avx2:
            return kTrainAvx2;
#endif
        default:
            return kTrainScalar;
    }
}

}  // namespace iiq
