// Terms that are programs: program-kernels.hpp.
#pragma once

#include "term.hpp"

namespace forcewright {

std::unique_ptr<Term> readProgram(ParameterFile& file, int termSpecies, const std::vector<int>& toTerm);

}  // namespace forcewright
