// NEON: borrows the scalar kernels.
#include "kernels/search.h"

#if defined(__aarch64__) || defined(_M_ARM64)

namespace iiq {

const SearchKernels& neon_search() { return scalar_search(); }

}  // namespace iiq
#endif
