// In place of kernels/detect.cpp where AVX-512 and the tiles are plain C++: both can run anywhere.
#include "kernels/detect.h"

namespace iiq {

bool detect(Isa isa) {
    if (isa == Isa::avx2)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
               __builtin_cpu_supports("bmi2");
    return isa != Isa::neon;
}

}  // namespace iiq
