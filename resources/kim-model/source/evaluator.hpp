// Evaluates a potential for the particles that a simulator hands over: gathers neighbours into blocks, lets every
// term add to them, and scatters energies, forces and virials.
#pragma once

#include <functional>

#include "potential.hpp"

namespace forcewright {

// What the simulator gives and asks for. Null outputs are not wanted.
struct Particles {
  int count = 0;
  const int* species = nullptr;       // index in the potential's list
  const int* contributing = nullptr;  // 0 for ghosts
  const double* coordinates = nullptr;  // 3 per particle, Å
  double* energy = nullptr;             // eV
  double* forces = nullptr;             // 3 per particle, eV/Å
  double* particleEnergy = nullptr;
  double* virial = nullptr;          // Σ r ⊗ ∂E/∂r in eV, as xx yy zz yz xz xy
  double* particleVirial = nullptr;  // 6 per particle; half of each pair term to either atom
};

// Full neighbour list of one particle; it may hold particles beyond the cutoff.
using NeighbourList = std::function<bool(int particle, int& count, const int*& neighbours)>;

// Working memory of one caller.
class Evaluator {
 public:
  explicit Evaluator(const Potential& potential);

  // Throws ModelError for atoms at the same place or species that the potential does not have.
  void evaluate(const Particles& particles, const NeighbourList& neighbourList);

 private:
  struct Neighbour {
    double x, y, z;
    int index, species;
  };

  void gather(const Particles& particles, const NeighbourList& neighbourList, int particle, int lane);
  void arrange();
  void process(const Particles& particles);
  void scatterForces(const Particles& particles) const;
  void scatterVirial(const Particles& particles) const;

  const Potential& potential_;
  std::vector<std::unique_ptr<Term::Scratch>> scratch_;
  NeighbourBlock block_;
  std::vector<Neighbour> found_[LANES];
  std::vector<int> counts_;                // species · LANES + lane
  std::vector<std::vector<int>> waiting_;  // central atoms by species, until a block is full
};

}  // namespace forcewright
