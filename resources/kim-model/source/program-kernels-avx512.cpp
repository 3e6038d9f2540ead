// The programs for AVX512; CMakeLists.txt sets the compiler's options.
#ifdef FORCEWRIGHT_X86_VARIANTS
#define FORCEWRIGHT_WIDTH 8
#include "program-kernels-body.hpp"

const forcewright::ProgramKernels forcewright::programKernelsAvx512 = FORCEWRIGHT_PROGRAMS;
#endif
