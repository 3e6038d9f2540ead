// Up to eight central atoms of one species with their neighbours, laid out for vector instructions: row n of every
// array holds the n-th neighbour of each of the eight atoms. Neighbours are sorted by species, so that all atoms of
// row n have the same one and coefficients are the same in all lanes.
#pragma once

#include <vector>

#include "lanes.hpp"

namespace forcewright {

struct NeighbourBlock {
  // Central atoms; lanes from `atoms` on are empty.
  int central[LANES];
  int atoms = 0;
  // Species of the central atoms, by its place in the potential's list.
  int species = 0;
  // Rows rowStart[s] … rowStart[s + 1] − 1 hold neighbours of species s.
  std::vector<int> rowStart;
  int rows = 0;
  // r_j − r_i in Å and its length. Where a lane has fewer neighbours than rows, the vector is (cutoff, 0, 0), at
  // which every term and its derivative are exactly zero, and `index` is −1.
  LaneArray x, y, z, r;
  std::vector<int> index;
  // Added to by every term: E_i in eV and ∂E_i/∂(r_j − r_i) in eV/Å.
  alignas(Lanes) double energy[LANES];
  LaneArray gradientX, gradientY, gradientZ;

  std::size_t paddedRows() const { return static_cast<std::size_t>((rows + ROW_CHUNK - 1) / ROW_CHUNK * ROW_CHUNK); }

  void resize(int newRows) {
    rows = newRows;
    const std::size_t size = paddedRows();
    for (auto* column : {&x, &y, &z, &r, &gradientX, &gradientY, &gradientZ}) column->reserve(size);
    if (index.size() < size * LANES) index.resize(size * LANES);
  }
};

}  // namespace forcewright
