// The kernels for any processor; CMakeLists.txt sets the compiler's options.
#define FORCEWRIGHT_WIDTH 2
#include "tensor-regression-kernels-body.hpp"

const forcewright::TensorRegressionKernels forcewright::tensorRegressionKernelsGeneric = {"generic", forcewright::evaluateTensorRegression};
