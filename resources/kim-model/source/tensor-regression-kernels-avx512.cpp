// The kernels for AVX-512; CMakeLists.txt sets the compiler's options.
#ifdef FORCEWRIGHT_X86_VARIANTS
#define FORCEWRIGHT_WIDTH 8
#include "tensor-regression-kernels-body.hpp"

const forcewright::TensorRegressionKernels forcewright::tensorRegressionKernelsAvx512 = {"avx512", forcewright::evaluateTensorRegression};
#endif
