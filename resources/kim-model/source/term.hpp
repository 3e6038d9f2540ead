// A potential is a sum of terms; each functional form is one class derived from Term, in a file pair of its own, and
// one line in potential.cpp.
#pragma once

#include <memory>
#include <vector>

#include "neighbour-block.hpp"
#include "parameter-file.hpp"

namespace forcewright {

class Term {
 public:
  // Working memory of one term for one caller; KIM may call compute from several threads with different arguments.
  struct Scratch {
    virtual ~Scratch() = default;
  };

  virtual ~Term() = default;

  // Largest distance at which atoms interact, Å.
  virtual double cutoff() const = 0;
  virtual std::unique_ptr<Scratch> makeScratch() const = 0;

  // Adds E_i to block.energy and, when asked, ∂E_i/∂(r_j − r_i) to block.gradientX/Y/Z. Neighbours at or beyond the
  // term's own cutoff may be present and must contribute exactly zero.
  virtual void evaluate(NeighbourBlock& block, Scratch& scratch, bool wantGradient) const = 0;
};

// Reads the body of one term. `toTerm[s]` is the index, in the term's own list of species, of species s of the
// potential; the file's readers index their coefficients with it.
using TermReader = std::unique_ptr<Term> (*)(ParameterFile& file, int termSpecies, const std::vector<int>& toTerm);

}  // namespace forcewright
