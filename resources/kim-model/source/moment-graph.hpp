// The contraction graph of a moment tensor potential, compiled from the tables of its file for evaluation:
//   E_i = e_z + Σ_α ξ_α B_α,  M_k += m M_i M_j for every product (i, j, m, k).
// Products whose result is used nowhere else are folded into a bilinear form with the coefficients ξ inside, so that
// about every second product needs no moment of its own and no separate reverse step:
//   E = Σ_b w_b M_b + Σ_{i ≤ j} c_ij M_i M_j.
#pragma once

#include <vector>

#include "moment-tensor-kernels.hpp"
#include "parameter-file.hpp"

namespace forcewright {

struct MomentTables {
  int momentCount = 0;
  int radialFunctions = 0;
  std::vector<int> basics;    // (μ, a, b, c)
  std::vector<int> products;  // (i, j, m, k)
  std::vector<int> scalars;   // moment of each B_α
  std::vector<double> coefficients;  // ξ_α, eV
};

struct MomentGraph {
  using Factor = GraphView::Factor;
  using Product = GraphView::Product;
  using Entry = GraphView::Entry;

  int radialFunctions = 0;

  // Monomials x^a y^b z^c of the unit vector, each its parent times one axis; 0 is 1.
  std::vector<int> parent, axis;
  // Basic moments, sorted by radial function: basics of μ are basicStart[μ] … basicStart[μ + 1] − 1.
  std::vector<int> basicStart, basicMonomial;
  // Basic moments by monomial: factors of monomial m are factorStart[m] … factorStart[m + 1] − 1.
  std::vector<int> factorStart;
  std::vector<Factor> factors;
  // Moments that are products: moment basicCount + n is the sum of products productStart[n] … productStart[n + 1] − 1.
  std::vector<int> productStart;
  std::vector<Product> products;
  // w_b by moment.
  std::vector<double> weight;
  // c_ij by rows: row n is moment rowMoment[n] with entries rowStart[n] … rowStart[n + 1] − 1.
  std::vector<int> rowMoment, rowStart;
  std::vector<Entry> entries;

  int basicCount() const { return static_cast<int>(basicMonomial.size()); }
  int momentCount() const { return static_cast<int>(weight.size()); }
  int monomialCount() const { return static_cast<int>(parent.size()); }
  GraphView view() const;
};

// Throws ModelError through `file` when the tables do not fit together.
MomentGraph compileGraph(const MomentTables& tables, const ParameterFile& file);

}  // namespace forcewright
