// Written by the generator (src-compute/programs/cpp/print.ts): the functional forms of this model that are programs.
// Included by program-kernels-body.hpp only, once for each instruction set.
#define FORCEWRIGHT_PROGRAM_LIST
