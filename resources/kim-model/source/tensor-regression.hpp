// Tensor-regression potential: E_i = E_0 + head(v′), v′ = (v − shift) scale, a polynomial in the descriptors
//   v = (1, Σ_j w_c(Z_j) O_p(r_ij), Σ_{j<k} g_l(cos θ_ijk) ½[u_j u′_k + u′_j u_k]),  u_j = w_c(Z_j) O_a(r_ij),
// O_p orthonormal polynomials with the factor (1 − r/r_c)³, g_l = √((2l + 1)/2) P_l. The head is dense of rank 1, 2 or 3
// (monomials of non-decreasing indices) or a tensor train E = G¹(v′) … Gⁿ(v′) of any rank.
#pragma once

#include "term.hpp"

namespace forcewright {

std::unique_ptr<Term> readTensorRegression(ParameterFile& file, int termSpecies, const std::vector<int>& toTerm);
// The same behind the radii of its hand-over to a repulsion (handover.hpp).
std::unique_ptr<Term> readTensorRegressionHandover(ParameterFile& file, int termSpecies, const std::vector<int>& toTerm);

}  // namespace forcewright
