// What the AVX-512 files of the search share. Included by them alone.
#pragma once

#include "kernels/search/table.h"

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>

namespace iiq::avx512 {

extern const ScanMethod kPlanes;  // Hamming, for many queries
extern const ScanMethod kTables;  // any tables: the `tables` member of SearchKernels

}  // namespace iiq::avx512
#endif
