// Included once by every program-kernels-*.cpp, which sets FORCEWRIGHT_WIDTH (moment-tensor-kernels-body.hpp says more).
#include <cmath>
#include <initializer_list>

#include "program-kernels.hpp"
#include "vector-rows.hpp"

namespace forcewright {

namespace {

// What the programs are written in.
inline Vector splat(double x) { return Vector{} + x; }
inline Vector least(Vector a, Vector b) { return a < b ? a : b; }
inline Vector greatest(Vector a, Vector b) { return a > b ? a : b; }
inline Vector absolute(Vector a) { return a < 0.0 ? -a : a; }

template <typename Mask>
inline Vector choose(Mask mask, Vector yes, Vector no) {
  return mask ? yes : no;
}

inline Vector root(Vector a) {
  Vector result = {};
  for (int k = 0; k < FORCEWRIGHT_WIDTH; k++) result[k] = std::sqrt(a[k]);
  return result;
}

inline Vector whole(Vector a) {
  Vector result = {};
  for (int k = 0; k < FORCEWRIGHT_WIDTH; k++) result[k] = std::floor(a[k]);
  return result;
}

typedef long long Integers __attribute__((vector_size(FORCEWRIGHT_WIDTH * sizeof(long long))));

// eˣ = 2ⁿ eᵗ with n = round(x / ln 2) and |t| ≤ ½ ln 2, eᵗ by its Taylor series; e⁻⁷⁰⁰ below −700, e⁷⁰⁰ above 700.
inline Vector exponential(Vector x) {
  const Vector bounded = least(greatest(x, splat(-700.0)), splat(700.0));
  const Vector rounder = splat(6755399441055744.0);  // 1.5 · 2⁵²: what is added to it is rounded to a whole number
  const Vector n = (bounded * 1.4426950408889634 + rounder) - rounder;
  const Vector t = (bounded - n * 6.9314718036912381649e-1) - n * 1.90821492927058770002e-10;
  Vector series = splat(1.0 / 6227020800.0);
  double factorial = 6227020800.0;  // 13!
  for (int k = 13; k >= 1; k--) {
    factorial /= k;
    series = series * t + 1.0 / factorial;
  }
  // 2⁵² + k has k in its low bits: shifted up, k is the exponent
  const Integers bits = (Integers)(n + (4503599627370496.0 + 1023.0)) << 52;
  return series * (Vector)bits;
}

inline bool anyLess(Vector a, Vector b) {
  bool any = false;
  for (int k = 0; k < FORCEWRIGHT_WIDTH; k++) any |= a[k] < b[k];
  return any;
}

// Numbers from index · stride on, of every lane its own.
inline void gather(const double* numbers, Vector index, int stride, std::initializer_list<Vector*> results) {
  for (int k = 0; k < FORCEWRIGHT_WIDTH; k++) {
    const double* from = numbers + static_cast<long>(index[k]) * stride;
    for (Vector* result : results) (*result)[k] = *from++;
  }
}

// What is kept of one neighbour.
struct FieldRows {
  Vector* first;
  int stride;
  Vector& operator[](int field) const { return first[field * stride]; }
};

inline FieldRows fieldsOf(const ProgramMemory& memory, int part, int row) {
  return {&Rows(memory.fields, part)[row], memory.paddedRows * PARTS};
}

#include "program-list.hpp"

// Whether no atom has a neighbour in a row that the pair of species knows of.
template <typename Program>
inline bool beyond(Vector x, Vector y, Vector z, const double* pair) {
  if constexpr (Program::REACH >= 0) {
    const double reach = pair[Program::REACH];
    return !anyLess(x * x + y * y + z * z, splat(reach * reach));
  }
  return false;
}

inline bool allZero(const Rows& rows, int count) {
  bool any = false;
  for (int k = 0; k < count; k++)
    for (int lane = 0; lane < FORCEWRIGHT_WIDTH; lane++) any |= rows[k][lane] != 0.0;
  return !any;
}

template <typename Program>
void runPart(const ProgramView& view, const ProgramMemory& memory, int part) {
  const ConstRows x(memory.x, part), y(memory.y, part), z(memory.z, part);
  double* const sumRows = Program::SUMS_AT < 0 ? memory.sums : memory.work + Program::SUMS_AT * LANES;
  double* const adjointRows = Program::ADJOINTS_AT < 0 ? memory.adjoints : memory.work + Program::ADJOINTS_AT * LANES;
  const Rows sums(sumRows, part), adjoints(adjointRows, part), work(memory.work, part);
  for (int k = 0; k < view.sums * view.channels; k++) sums[k] = Vector{};
  const auto ofChannel = [&](double* rows, int species) {
    return rows + static_cast<long>(view.channel[species]) * view.sums * LANES;
  };
  for (int s = 0; s < view.species; s++) {
    const double* pair = view.pairs + static_cast<long>(s) * view.pairNumbers;
    const Rows own(ofChannel(sumRows, s), part);
    for (int row = memory.rowStart[s]; row < memory.rowStart[s + 1]; row++) {
      if (beyond<Program>(x[row], y[row], z[row], pair)) continue;
      Program::neighbour(x[row], y[row], z[row], pair, fieldsOf(memory, part, row), own);
    }
  }
  Rows(memory.energy, part)[0] +=
      Program::atom(ConstRows(sumRows, part), adjoints, work, view.numbers, view.tables);
  if (!memory.gradientX || (Program::QUIET && allZero(adjoints, view.sums * view.channels))) return;
  const Rows gradientX(memory.gradientX, part), gradientY(memory.gradientY, part), gradientZ(memory.gradientZ, part);
  for (int s = 0; s < view.species; s++) {
    const double* pair = view.pairs + static_cast<long>(s) * view.pairNumbers;
    const ConstRows own(ofChannel(adjointRows, s), part);
    for (int row = memory.rowStart[s]; row < memory.rowStart[s + 1]; row++) {
      if (beyond<Program>(x[row], y[row], z[row], pair)) continue;
      Program::gradient(x[row], y[row], z[row], pair, fieldsOf(memory, part, row), own, gradientX[row], gradientY[row],
                        gradientZ[row]);
    }
  }
}

template <typename Program>
void run(const ProgramView& view, const ProgramMemory& memory) {
  for (int part = 0; part < PARTS; part++) runPart<Program>(view, memory, part);
}

using Run = void (*)(const ProgramView&, const ProgramMemory&);
#define X(Program) run<Program>,
const Run runs[] = {FORCEWRIGHT_PROGRAM_LIST nullptr};
#undef X

}  // namespace

#define FORCEWRIGHT_PROGRAMS {static_cast<int>(sizeof runs / sizeof runs[0]) - 1, runs}

}  // namespace forcewright
