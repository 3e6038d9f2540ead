// The kernels for AVX with fused multiply-add; CMakeLists.txt sets the compiler's options.
#ifdef FORCEWRIGHT_X86_VARIANTS
#define FORCEWRIGHT_WIDTH 4
#include "moment-tensor-kernels-body.hpp"

const forcewright::MomentTensorKernels forcewright::momentTensorKernelsAvx = FORCEWRIGHT_KERNELS("avx");
#endif
