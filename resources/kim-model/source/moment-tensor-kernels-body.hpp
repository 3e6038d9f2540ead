// Included once by every moment-tensor-kernels-*.cpp, which sets FORCEWRIGHT_WIDTH, the number of doubles in a vector
// of its instruction set. LANES / FORCEWRIGHT_WIDTH vectors make one row; they are worked on one after the other.
#include "handover-rows.hpp"
#include "moment-tensor-kernels.hpp"
#include "vector-rows.hpp"

namespace forcewright {

namespace {

constexpr int C = ROW_CHUNK;

// Monomials of the unit vectors of one chunk of rows, each its parent times one component.
inline void fillMonomials(const GraphView& graph, const ConstRows (&unit)[3], int row, const Rows& monomials) {
  for (int c = 0; c < C; c++) monomials[c] = Vector{} + 1.0;
  for (int m = 1; m < graph.monomials; m++) {
    const int parent = graph.parent[m];
    const ConstRows& u = unit[graph.axis[m]];
    for (int c = 0; c < C; c++) monomials[m * C + c] = monomials[parent * C + c] * u[row + c];
  }
}

void radialPart(const RadialView& radial, const KernelMemory& memory, int part) {
  const double slope = 2 / (radial.cutoff - radial.minimumDistance);
  const double middle = 0.5 * (radial.cutoff + radial.minimumDistance);
  const ConstRows x(memory.x, part), y(memory.y, part), z(memory.z, part), distance(memory.r, part);
  const Rows unitX(memory.unitX, part), unitY(memory.unitY, part), unitZ(memory.unitZ, part), inverseR(memory.inverseR, part);
  const Rows values(memory.radial, part), slopes(memory.radialSlope, part), chebyshev(memory.monomials, part);
  const double* coefficients = radial.coefficients;
  const double* slopeCoefficients = radial.slopeCoefficients;
  for (int s = 0; s < radial.species; s++) {
    const double* handover = radial.handover ? radial.handover + 4 * s : nullptr;
    if (handover && !anyBelow(distance, memory.rowStart[s], memory.rowStart[s + 1], handover[0])) handover = nullptr;
    for (int row = memory.rowStart[s]; row < memory.rowStart[s + 1]; row++) {
      const Vector r = distance[row];
      const Vector inverse = 1.0 / r;
      unitX[row] = x[row] * inverse;
      unitY[row] = y[row] * inverse;
      unitZ[row] = z[row] * inverse;
      inverseR[row] = inverse;
      // beyond the cutoff the factor (r_c − r)² and its derivative are exactly zero
      Vector inside = r < radial.cutoff ? r : Vector{} + radial.cutoff;
      Vector chain = Vector{} + 1.0;
      if (handover) {
        const SeenDistance seen = seenDistance(inside, handover);
        inside = seen.distance;
        chain = seen.slope;
      }
      const Vector rest = radial.cutoff - inside;
      const Vector square = rest * rest;
      const Vector t = (inside - middle) * slope;
      const Vector twice = 2.0 * t;
      chebyshev[0] = Vector{} + 1.0;
      if (radial.size > 1) chebyshev[1] = t;
      for (int k = 2; k < radial.size; k++) chebyshev[k] = twice * chebyshev[k - 1] - chebyshev[k - 2];
      const double* c = coefficients;
      const double* d = slopeCoefficients;
      for (int mu = 0; mu < radial.functions; mu++, c += radial.size, d += radial.size) {
        Vector value = {}, derivative = {};
        for (int k = 0; k < radial.size; k++) {
          value += c[k] * chebyshev[k];
          derivative += d[k] * chebyshev[k];
        }
        values[mu * memory.paddedRows + row] = value * square;
        const Vector along = derivative * square * slope - 2.0 * rest * value;
        slopes[mu * memory.paddedRows + row] = handover ? along * chain : along;
      }
    }
    coefficients += radial.functions * radial.size;
    slopeCoefficients += radial.functions * radial.size;
  }
  for (int row = memory.rows; row < memory.paddedRows; row++) {
    unitX[row] = unitY[row] = unitZ[row] = inverseR[row] = Vector{};
    for (int mu = 0; mu < radial.functions; mu++) {
      values[mu * memory.paddedRows + row] = slopes[mu * memory.paddedRows + row] = Vector{};
    }
  }
}

void momentPart(const GraphView& graph, const KernelMemory& memory, int part) {
  const ConstRows unit[3] = {{memory.unitX, part}, {memory.unitY, part}, {memory.unitZ, part}};
  const ConstRows radial(memory.radial, part);
  const Rows moments(memory.moments, part), monomials(memory.monomials, part);
  for (int b = 0; b < graph.basics; b++) moments[b] = Vector{};
  for (int row = 0; row < memory.paddedRows; row += C) {
    fillMonomials(graph, unit, row, monomials);
    for (int mu = 0; mu < graph.radialFunctions; mu++) {
      Vector f[C];
      for (int c = 0; c < C; c++) f[c] = radial[mu * memory.paddedRows + row + c];
      for (int b = graph.basicStart[mu]; b < graph.basicStart[mu + 1]; b++) {
        const int m = graph.basicMonomial[b] * C;
        Vector sum = moments[b];
        for (int c = 0; c < C; c++) sum += f[c] * monomials[m + c];
        moments[b] = sum;
      }
    }
  }
}

void productPart(const GraphView& graph, const KernelMemory& memory, int part) {
  const Rows M(memory.moments, part), A(memory.adjoints, part);
  for (int k = graph.basics; k < graph.moments; k++) {
    Vector sum = {};
    for (int p = graph.productStart[k - graph.basics]; p < graph.productStart[k - graph.basics + 1]; p++) {
      const GraphView::Product& product = graph.products[p];
      sum += product.factor * M[product.first] * M[product.second];
    }
    M[k] = sum;
  }
  Vector total = {};
  for (int k = 0; k < graph.moments; k++) {
    A[k] = Vector{} + graph.weight[k];
    total += graph.weight[k] * M[k];
  }
  for (int n = 0; n < graph.rows; n++) {
    const int i = graph.rowMoment[n];
    const Vector Mi = M[i];
    Vector sum = {};
    for (int e = graph.rowStart[n]; e < graph.rowStart[n + 1]; e++) {
      const GraphView::Entry& entry = graph.entries[e];
      sum += entry.factor * M[entry.column];
      A[entry.column] += entry.factor * Mi;
    }
    total += Mi * sum;
    A[i] += sum;
  }
  Rows(memory.energy, part)[0] += total;
  for (int k = graph.moments - 1; k >= graph.basics; k--) {
    const Vector a = A[k];
    for (int p = graph.productStart[k - graph.basics]; p < graph.productStart[k - graph.basics + 1]; p++) {
      const GraphView::Product& product = graph.products[p];
      const Vector scaled = product.factor * a;
      A[product.first] += scaled * M[product.second];
      A[product.second] += scaled * M[product.first];
    }
  }
}

// With g_m = Σ_μ f_μ a_{μ,m} and g′_m = Σ_μ f_μ′ a_{μ,m} (a: adjoints of basic moments, m: monomials of the unit
// vector u), E_i depends on this neighbour through Σ_m g_m(r) m(u). Walking the monomials from the highest down, each
// hands its g to its parent (m = parent · u_axis) and adds parent · g to the derivative by u_axis, h. Then
//   ∂E_i/∂(r_j − r_i) = u (Σ_m g′_m m − h·u / r) + h / r.
void gradientPart(const GraphView& graph, const KernelMemory& memory, int part) {
  const ConstRows unit[3] = {{memory.unitX, part}, {memory.unitY, part}, {memory.unitZ, part}};
  const ConstRows radial(memory.radial, part), radialSlope(memory.radialSlope, part), adjoints(memory.adjoints, part);
  const ConstRows inverseR(memory.inverseR, part);
  const Rows monomials(memory.monomials, part), handed(memory.adjointMonomials, part);
  const Rows gradientX(memory.gradientX, part), gradientY(memory.gradientY, part), gradientZ(memory.gradientZ, part);
  for (int row = 0; row < memory.paddedRows; row += C) {
    fillMonomials(graph, unit, row, monomials);
    for (int k = 0; k < graph.monomials * C; k++) handed[k] = Vector{};
    Vector h[3][C] = {};
    Vector radialDerivative[C] = {};
    for (int m = graph.monomials - 1; m >= 0; m--) {
      Vector g[C], gSlope[C];
      for (int c = 0; c < C; c++) {
        g[c] = handed[m * C + c];
        gSlope[c] = Vector{};
      }
      for (int k = graph.factorStart[m]; k < graph.factorStart[m + 1]; k++) {
        const Vector a = adjoints[graph.factors[k].basic];
        const int at = graph.factors[k].radial * memory.paddedRows + row;
        for (int c = 0; c < C; c++) {
          g[c] += a * radial[at + c];
          gSlope[c] += a * radialSlope[at + c];
        }
      }
      for (int c = 0; c < C; c++) radialDerivative[c] += gSlope[c] * monomials[m * C + c];
      if (m == 0) break;
      const int parent = graph.parent[m] * C;
      const ConstRows& u = unit[graph.axis[m]];
      Vector* hAxis = h[graph.axis[m]];
      for (int c = 0; c < C; c++) {
        hAxis[c] += g[c] * monomials[parent + c];
        handed[parent + c] += g[c] * u[row + c];
      }
    }
    for (int c = 0; c < C; c++) {
      const int n = row + c;
      const Vector ux = unit[0][n], uy = unit[1][n], uz = unit[2][n];
      const Vector hx = h[0][c] * inverseR[n], hy = h[1][c] * inverseR[n], hz = h[2][c] * inverseR[n];
      const Vector along = radialDerivative[c] - (hx * ux + hy * uy + hz * uz);
      gradientX[n] += along * ux + hx;
      gradientY[n] += along * uy + hy;
      gradientZ[n] += along * uz + hz;
    }
  }
}

template <typename View, void (*part)(const View&, const KernelMemory&, int)>
void pass(const View& view, const KernelMemory& memory) {
  for (int p = 0; p < PARTS; p++) part(view, memory, p);
}

}  // namespace

#define FORCEWRIGHT_KERNELS(name)                                                                        \
  {name, pass<RadialView, radialPart>, pass<GraphView, momentPart>, pass<GraphView, productPart>, \
   pass<GraphView, gradientPart>}

}  // namespace forcewright
