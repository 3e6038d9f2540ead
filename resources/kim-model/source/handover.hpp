// Hand-over of a learnt term to a repulsion below the distances of the data: its radial functions see, in place of r,
//   s(r) = r for r ≥ r₂;  r̄ + w u³ (1 − u/2), u = (r − r₁)/w, between;  r̄ for r ≤ r₁;  w = r₂ − r₁, r̄ = (r₁ + r₂)/2.
// A pair that the data never have has r₁ = r₂ = cutoff, where all radial functions vanish.
#pragma once

#include <cstddef>
#include <vector>

#include "parameter-file.hpp"

namespace forcewright {

// Numbers of one pair: r₂, r₁, 1/w (0 where w is 0), w.
constexpr int HANDOVER_NUMBERS = 4;

// Reads the radii of a term; the numbers of the pair (zi, zj) of the potential stand at (zi · species + zj) · 4.
inline std::vector<double> readHandover(ParameterFile& file, int termSpecies, const std::vector<int>& toTerm) {
  const std::vector<double> inner = file.reals("handover_inner");
  const std::vector<double> outer = file.reals("handover_outer");
  const auto size = static_cast<std::size_t>(termSpecies);
  if (inner.size() != size * size || outer.size() != size * size) file.fail("does not hold the radii of every pair of species");
  std::vector<double> numbers;
  for (const int zi : toTerm) {
    for (const int zj : toTerm) {
      const std::size_t pair = static_cast<std::size_t>(zi) * size + static_cast<std::size_t>(zj);
      const double r1 = inner[pair], r2 = outer[pair];
      if (!(r1 > 0 && r2 >= r1)) file.fail("has a pair whose outer radius is smaller than its inner one");
      numbers.insert(numbers.end(), {r2, r1, r2 > r1 ? 1 / (r2 - r1) : 0, r2 - r1});
    }
  }
  return numbers;
}

}  // namespace forcewright
