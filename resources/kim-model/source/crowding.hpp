// What an atom pays for having more neighbours than any atom of the data:
//   E_i = Σ_k A_k x^{p_k},  x = max(0, ρ/ρ̂ − 1),  ρ = Σ_j (1 − r²/R²)³ over r < R(z_i, z_j);  zero below the threshold ρ̂.
#pragma once

#include "term.hpp"

namespace forcewright {

std::unique_ptr<Term> readCrowding(ParameterFile& file, int termSpecies, const std::vector<int>& toTerm);

}  // namespace forcewright
