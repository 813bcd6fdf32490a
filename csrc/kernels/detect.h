// Whether a kernel set can run here. cpu.cpp asks once; tests/emulated answers in its place where
// the sets are emulated.
#pragma once

namespace iiq {

enum class Isa { scalar, avx2, avx512, amx, neon };

bool detect(Isa isa);

}  // namespace iiq
