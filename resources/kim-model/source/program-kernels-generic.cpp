// The programs for any processor; CMakeLists.txt sets the compiler's options.
#define FORCEWRIGHT_WIDTH 2
#include "program-kernels-body.hpp"

const forcewright::ProgramKernels forcewright::programKernelsGeneric = FORCEWRIGHT_PROGRAMS;
