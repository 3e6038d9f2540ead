// Forms that are written as programs (program-list.hpp, which the generator writes for each model): what every neighbour
// adds to sums over the neighbours of an atom, the energy as a function of the sums, and the gradient by each neighbour.
// Compiled for several instruction sets, as the moment tensors are; only plain pointers are seen from outside.
#pragma once

namespace forcewright {

// Rows of words (places among an atom's numbers, or rows of another table) and of numbers.
struct ProgramTable {
  const int* words;
  const double* reals;
};

// One program with the numbers of one central species.
struct ProgramView {
  int species, sums, channels, fields, pairNumbers;
  const int* channel;     // of each neighbour species
  const double* pairs;    // neighbour species · pairNumbers
  const double* numbers;  // of the atom
  const ProgramTable* tables;
};

// A NeighbourBlock and scratch memory; all arrays are rows of LANES doubles.
struct ProgramMemory {
  int rows, paddedRows;
  const int* rowStart;
  const double *x, *y, *z;
  double *fields;  // field · paddedRows + neighbour
  double *sums, *adjoints, *work;
  double* energy;
  double *gradientX, *gradientY, *gradientZ;  // null: not wanted
};

struct ProgramKernels {
  int count;
  void (*const* run)(const ProgramView& view, const ProgramMemory& memory);
};

extern const ProgramKernels programKernelsGeneric;
#ifdef FORCEWRIGHT_X86_VARIANTS
extern const ProgramKernels programKernelsAvx;
extern const ProgramKernels programKernelsAvx512;
#endif

}  // namespace forcewright
