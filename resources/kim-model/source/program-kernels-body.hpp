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

template <typename Program>
void runPart(const ProgramView& view, const ProgramMemory& memory, int part) {
  const ConstRows x(memory.x, part), y(memory.y, part), z(memory.z, part);
  const Rows sums(memory.sums, part), adjoints(memory.adjoints, part), work(memory.work, part);
  for (int k = 0; k < view.sums * view.channels; k++) sums[k] = Vector{};
  const auto ofChannel = [&](double* rows, int species) {
    return rows + static_cast<long>(view.channel[species]) * view.sums * LANES;
  };
  for (int s = 0; s < view.species; s++) {
    const double* pair = view.pairs + static_cast<long>(s) * view.pairNumbers;
    const Rows own(ofChannel(memory.sums, s), part);
    for (int row = memory.rowStart[s]; row < memory.rowStart[s + 1]; row++)
      Program::neighbour(x[row], y[row], z[row], pair, fieldsOf(memory, part, row), own);
  }
  Rows(memory.energy, part)[0] +=
      Program::atom(ConstRows(memory.sums, part), adjoints, work, view.numbers, view.tables);
  if (!memory.gradientX) return;
  const Rows gradientX(memory.gradientX, part), gradientY(memory.gradientY, part), gradientZ(memory.gradientZ, part);
  for (int s = 0; s < view.species; s++) {
    const double* pair = view.pairs + static_cast<long>(s) * view.pairNumbers;
    const ConstRows own(ofChannel(memory.adjoints, s), part);
    for (int row = memory.rowStart[s]; row < memory.rowStart[s + 1]; row++)
      Program::gradient(x[row], y[row], z[row], pair, fieldsOf(memory, part, row), own, gradientX[row], gradientY[row],
                        gradientZ[row]);
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
