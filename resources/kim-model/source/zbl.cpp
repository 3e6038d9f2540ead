#include "zbl.hpp"

#include <algorithm>
#include <cmath>

namespace forcewright {

namespace {

constexpr double COULOMB_EV_A = 14.3996454784255;  // e²/(4πε₀), CODATA 2018
constexpr double SCREENING_C[4] = {0.02817, 0.28022, 0.50986, 0.18175};
constexpr double SCREENING_D[4] = {0.20162, 0.4029, 0.94229, 3.1998};

// φ of one pair of nuclei.
class PairFunction {
 public:
  PairFunction(int zi, int zj, double inner, double outer) : strength_(zi * zj * COULOMB_EV_A), inner_(inner), outer_(outer) {
    const double length = 0.4685 / (std::pow(zi, 0.23) + std::pow(zj, 0.23));
    for (int k = 0; k < 4; k++) rate_[k] = SCREENING_D[k] / length;
    const double w = outer - inner;
    const Derivatives end = repulsion(outer);
    a_ = (-3 * end.first + w * end.second) / (w * w);
    b_ = (2 * end.first - w * end.second) / (w * w * w);
    c_ = -end.value + w * end.first / 2 - w * w * end.second / 12;
  }

  // φ and φ′ at 0 < r < outer.
  void evaluate(double r, double& value, double& slope) const {
    const Derivatives e = repulsion(r);
    value = e.value + c_;
    slope = e.first;
    if (r <= inner_) return;
    const double t = r - inner_;
    value += t * t * t * (a_ / 3 + b_ / 4 * t);
    slope += t * t * (a_ + b_ * t);
  }

  double outer() const { return outer_; }

 private:
  struct Derivatives {
    double value, first, second;
  };

  // E, E′, E″ of the repulsion without its switch.
  Derivatives repulsion(double r) const {
    double f = 0, fFirst = 0, fSecond = 0;
    for (int k = 0; k < 4; k++) {
      const double term = SCREENING_C[k] * std::exp(-rate_[k] * r);
      f += term;
      fFirst -= rate_[k] * term;
      fSecond += rate_[k] * rate_[k] * term;
    }
    return {strength_ * f / r, strength_ * (fFirst / r - f / (r * r)),
            strength_ * (fSecond / r - 2 * fFirst / (r * r) + 2 * f / (r * r * r))};
  }

  double strength_, inner_, outer_;
  double rate_[4];
  double a_ = 0, b_ = 0, c_ = 0;
};

class Zbl : public Term {
 public:
  Zbl(double outer, std::size_t species, std::vector<PairFunction> pairs)
      : outer_(outer), species_(species), pairs_(std::move(pairs)) {}

  double cutoff() const override { return outer_; }
  std::unique_ptr<Scratch> makeScratch() const override { return std::make_unique<Scratch>(); }

  // Few neighbours come as close as this, so they are found and taken one by one.
  void evaluate(NeighbourBlock& block, Scratch&, bool wantGradient) const override {
    for (std::size_t s = 0; s < species_; s++) {
      const PairFunction& pair = pairs_[static_cast<std::size_t>(block.species) * species_ + s];
      for (int row = block.rowStart[s]; row < block.rowStart[s + 1]; row++) {
        const auto n = static_cast<std::size_t>(row);
        for (int lane = 0; lane < block.atoms; lane++) {
          const double r = block.r[n][lane];
          if (r >= pair.outer()) continue;
          double value, slope;
          pair.evaluate(r, value, slope);
          block.energy[lane] += 0.5 * value;
          if (!wantGradient) continue;
          const double factor = 0.5 * slope / r;
          block.gradientX[n][lane] += factor * block.x[n][lane];
          block.gradientY[n][lane] += factor * block.y[n][lane];
          block.gradientZ[n][lane] += factor * block.z[n][lane];
        }
      }
    }
  }

 private:
  double outer_;
  std::size_t species_;
  std::vector<PairFunction> pairs_;  // zi · species + zj, species of the potential
};

// Radii by species of the term, zi · species + zj.
std::unique_ptr<Term> read(ParameterFile& file, int termSpecies, const std::vector<int>& toTerm, std::vector<double> inner,
                           std::vector<double> outer) {
  const auto size = static_cast<std::size_t>(termSpecies);
  const std::vector<int> numbers = file.integers("atomic_numbers", 1);
  if (numbers.size() != size) file.fail("has a ZBL term without one atomic number per species");
  if (inner.size() != size * size || outer.size() != size * size) file.fail("has a ZBL term without radii of every pair");
  std::vector<PairFunction> pairs;
  double largest = 0;
  for (const int zi : toTerm) {
    for (const int zj : toTerm) {
      const std::size_t pair = static_cast<std::size_t>(zi) * size + static_cast<std::size_t>(zj);
      if (!(inner[pair] > 0 && outer[pair] > inner[pair])) {
        file.fail("has a ZBL term whose outer radius is not larger than its inner one");
      }
      pairs.emplace_back(numbers[static_cast<std::size_t>(zi)], numbers[static_cast<std::size_t>(zj)], inner[pair], outer[pair]);
      largest = std::max(largest, outer[pair]);
    }
  }
  return std::make_unique<Zbl>(largest, toTerm.size(), std::move(pairs));
}

}  // namespace

std::unique_ptr<Term> readZbl(ParameterFile& file, int termSpecies, const std::vector<int>& toTerm) {
  const double inner = file.real("inner_radius");
  const double outer = file.real("outer_radius");
  const std::size_t pairs = static_cast<std::size_t>(termSpecies) * static_cast<std::size_t>(termSpecies);
  return read(file, termSpecies, toTerm, std::vector<double>(pairs, inner), std::vector<double>(pairs, outer));
}

std::unique_ptr<Term> readZblPairs(ParameterFile& file, int termSpecies, const std::vector<int>& toTerm) {
  std::vector<double> inner = file.reals("inner_radii");
  std::vector<double> outer = file.reals("outer_radii");
  return read(file, termSpecies, toTerm, std::move(inner), std::move(outer));
}

}  // namespace forcewright
