// Moment tensor potential. A. V. Shapeev, Multiscale Model. Simul. 14 (2016) 1153:
//   E_i = e_{z_i} + Σ_α ξ_α B_α,  M_{μ,ν} = Σ_j f_μ(r_ij, z_i, z_j) r̂_ij^{⊗ν}
//   f_μ = s Σ_k c_{μ,k} T_k(x) (r_c − r)²,  x = (2r − r_min − r_c)/(r_c − r_min)
#pragma once

#include "term.hpp"

namespace forcewright {

std::unique_ptr<Term> readMomentTensor(ParameterFile& file, int termSpecies, const std::vector<int>& toTerm);
// The same behind the radii of its hand-over to a repulsion (handover.hpp).
std::unique_ptr<Term> readMomentTensorHandover(ParameterFile& file, int termSpecies, const std::vector<int>& toTerm);

}  // namespace forcewright
