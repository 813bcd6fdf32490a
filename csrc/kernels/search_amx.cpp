// AMX: borrows the AVX-512 kernels.
#include "kernels/search.h"

#if defined(__x86_64__) || defined(_M_X64)

namespace iiq {

const SearchKernels& amx_search() { return avx512_search(); }

}  // namespace iiq
#endif
