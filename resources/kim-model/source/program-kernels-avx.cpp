// The programs for AVX; CMakeLists.txt sets the compiler's options.
#ifdef FORCEWRIGHT_X86_VARIANTS
#define FORCEWRIGHT_WIDTH 4
#include "program-kernels-body.hpp"

const forcewright::ProgramKernels forcewright::programKernelsAvx = FORCEWRIGHT_PROGRAMS;
#endif
