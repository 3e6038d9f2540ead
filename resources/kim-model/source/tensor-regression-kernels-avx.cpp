// The kernels for AVX with fused multiply-add; CMakeLists.txt sets the compiler's options.
#ifdef FORCEWRIGHT_X86_VARIANTS
#define FORCEWRIGHT_WIDTH 4
#include "tensor-regression-kernels-body.hpp"

const forcewright::TensorRegressionKernels forcewright::tensorRegressionKernelsAvx = {"avx", forcewright::evaluateTensorRegression};
#endif
