// A tensor-regression potential over one block of atoms. Lanes are atoms throughout, so that descriptors and heads, too,
// run on vectors. Compiled several times, as the kernels of moment tensors are (moment-tensor-kernels.hpp says why), and
// for the same reason with plain pointers only.
#pragma once

namespace forcewright {

// The potential as one central species sees it.
struct TensorView {
  // angularRadial is 0 where there are no angular functions.
  int species, channels, radialSize, angularSize, angularRadial, functions;
  double cutoff;
  // O_1 = first (1 − r/r_c)³, O_{n+1} = (slope_n r + offset_n) O_n − previous_n O_{n−1}
  double first;
  const double *slope, *offset, *previous;
  // By species of the neighbour: its element channel and its weight there.
  const int* channel;
  const double* weight;
  // Factors of the recurrence of the Legendre polynomials, at l (angularSize + 1) + m.
  const double* steps;
  // What sums over m are weighted with, by angular function, and the self terms, by l.
  const double *factors, *selfFactors;
  int descriptors;
  const double *shift, *scale;
  // Dense for bonds == nullptr.
  int rank;
  const int* bonds;
  const double* coefficients;
  double constant;
  const double* handover;  // four numbers per neighbour species (handover.hpp), or nullptr
};

// Of internal linkage, so that every variant has its own.
namespace {

inline int angularChannels(const TensorView& view) { return view.channels * view.angularRadial; }
inline int angularStart(const TensorView& view) { return 1 + view.channels * view.radialSize; }
// Angular functions of one channel: for l = 1 … Q the cosine part of m = 0, then cosine and sine of m = 1 … l.
inline int harmonics(const TensorView& view) { return view.angularSize * (view.angularSize + 2); }
inline int harmonic(int l, int m) { return l * l - 1 + (m == 0 ? 0 : 2 * m - 1); }
// Sums over neighbours: per element channel the radial functions and the self terms Σ_j u_j u′_j (a ≤ a′); then per
// angular channel the angular functions.
inline int radialBlock(const TensorView& view) { return view.radialSize + view.angularRadial * (view.angularRadial + 1) / 2; }
inline int harmonicsStart(const TensorView& view) { return view.channels * radialBlock(view); }
inline int sumCount(const TensorView& view) { return harmonicsStart(view) + angularChannels(view) * harmonics(view); }

}  // namespace

// A NeighbourBlock and working memory. All arrays are rows of LANES doubles.
struct TensorMemory {
  int paddedRows;
  const int* rowStart;
  const double *x, *y, *z, *r;
  double *unitX, *unitY, *unitZ, *inverseR;
  double *values, *slopes;  // row a (or p) · paddedRows + neighbour
  double *legendre, *powers;  // row place · ROW_CHUNK + neighbour of the chunk
  double *sums, *adjoints;
  double *descriptors, *gradient;
  double* head;  // for trains: values and adjoints of all cores, then rows and columns of products
  double* energy;
  double *gradientX, *gradientY, *gradientZ;
};

struct TensorRegressionKernels {
  const char* name;
  // Adds energies and, when asked, ∂E_i/∂(r_j − r_i).
  void (*evaluate)(const TensorView& view, const TensorMemory& memory, bool wantGradient);
};

extern const TensorRegressionKernels tensorRegressionKernelsGeneric;
#ifdef FORCEWRIGHT_X86_VARIANTS
extern const TensorRegressionKernels tensorRegressionKernelsAvx;
extern const TensorRegressionKernels tensorRegressionKernelsAvx512;
#endif

}  // namespace forcewright
