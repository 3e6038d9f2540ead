// Ziegler–Biersack–Littmark screened nuclear repulsion with a smooth end:
//   φ(r) = E(r) + S(r),  E = Z_i Z_j e²/(4πε₀ r) Σ_k c_k exp(−d_k r/a),  a = 0.46850 Å / (Z_i^0.23 + Z_j^0.23)
//   S = C for r < r₁;  S = A/3 (r − r₁)³ + B/4 (r − r₁)⁴ + C for r₁ ≤ r < r_c,  so that φ, φ′, φ″ vanish at r_c.
// J. F. Ziegler, J. P. Biersack, U. Littmark, The Stopping and Range of Ions in Matter, vol. 1 (1985).
#pragma once

#include "term.hpp"

namespace forcewright {

std::unique_ptr<Term> readZbl(ParameterFile& file, int termSpecies, const std::vector<int>& toTerm);
// With radii r₁ and r_c of every pair of species.
std::unique_ptr<Term> readZblPairs(ParameterFile& file, int termSpecies, const std::vector<int>& toTerm);

}  // namespace forcewright
