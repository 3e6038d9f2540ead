// The kernels for any processor; CMakeLists.txt sets the compiler's options.
#define FORCEWRIGHT_WIDTH 2
#include "moment-tensor-kernels-body.hpp"

const forcewright::MomentTensorKernels forcewright::momentTensorKernelsGeneric = FORCEWRIGHT_KERNELS("generic");
