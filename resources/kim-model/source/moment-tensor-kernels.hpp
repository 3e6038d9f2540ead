// The four passes of a moment tensor potential over one block of atoms. Lanes are atoms throughout, so that the
// product graph, too, runs on vectors; rows (neighbours) are taken ROW_CHUNK at a time, so that a moment or adjoint
// is loaded once for several neighbours.
//
// The passes are compiled several times, for AVX-512, for AVX with fused multiply-add and for any processor
// (moment-tensor-kernels-*.cpp), and the best variant that the machine has is chosen when the model is loaded. So
// that no code meant for a newer processor is shared with the rest of the program, they see plain pointers only.
#pragma once

namespace forcewright {

// A compiled graph (moment-graph.hpp says what the tables mean).
struct GraphView {
  struct Factor {
    int basic;
    int radial;
  };
  struct Product {
    int first, second;
    double factor;
  };
  struct Entry {
    int column;
    double factor;
  };
  int radialFunctions, monomials, basics, moments, rows;
  const int *parent, *axis;
  const int *basicStart, *basicMonomial;
  const int* factorStart;
  const Factor* factors;
  const int* productStart;
  const Product* products;
  const double* weight;
  const int *rowMoment, *rowStart;
  const Entry* entries;
};

// Radial functions of one central species: coefficients of neighbour species s start at s · functions · size.
struct RadialView {
  int species, functions, size;
  double cutoff, minimumDistance;
  const double *coefficients, *slopeCoefficients;
  const double* handover;  // four numbers per neighbour species (handover.hpp), or nullptr
};

// A NeighbourBlock and where the passes hand their results on. All arrays are rows of LANES doubles.
struct KernelMemory {
  int rows, paddedRows;  // paddedRows is a multiple of ROW_CHUNK
  const int* rowStart;
  const double *x, *y, *z, *r;
  double *radial, *radialSlope;  // row μ · paddedRows + neighbour
  double *unitX, *unitY, *unitZ, *inverseR;
  double *moments, *adjoints;
  double *monomials, *adjointMonomials;  // row monomial · ROW_CHUNK + neighbour of the chunk
  double* energy;
  double *gradientX, *gradientY, *gradientZ;
};

struct MomentTensorKernels {
  const char* name;
  // f_μ(r), f_μ′(r) and the unit vectors of every neighbour.
  void (*radialPass)(const RadialView& radial, const KernelMemory& memory);
  // Basic moments M_b = Σ_j f_μ(r_j) m(r̂_j).
  void (*momentPass)(const GraphView& graph, const KernelMemory& memory);
  // Product moments, energy, and the adjoints ∂E/∂M of all moments.
  void (*productPass)(const GraphView& graph, const KernelMemory& memory);
  // ∂E_i/∂(r_j − r_i) from the adjoints of the basic moments.
  void (*gradientPass)(const GraphView& graph, const KernelMemory& memory);
};

extern const MomentTensorKernels momentTensorKernelsGeneric;
#ifdef FORCEWRIGHT_X86_VARIANTS
extern const MomentTensorKernels momentTensorKernelsAvx;
extern const MomentTensorKernels momentTensorKernelsAvx512;
#endif

}  // namespace forcewright
