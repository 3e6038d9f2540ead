// The kernels for AVX-512; CMakeLists.txt sets the compiler's options.
#ifdef FORCEWRIGHT_X86_VARIANTS
#define FORCEWRIGHT_WIDTH 8
#include "moment-tensor-kernels-body.hpp"

const forcewright::MomentTensorKernels forcewright::momentTensorKernelsAvx512 = FORCEWRIGHT_KERNELS("avx512");
#endif
