#include "crowding.hpp"

#include <algorithm>
#include <cmath>

namespace forcewright {

namespace {

class Crowding : public Term {
 public:
  double longest = 0;
  std::size_t species = 0;
  std::vector<int> powers;
  std::vector<double> inverseSquares;     // 1/R², zi · species + zj
  std::vector<double> inverseThresholds;  // 1/ρ̂
  std::vector<double> amplitudes;         // z · powers + k

  double cutoff() const override { return longest; }
  std::unique_ptr<Scratch> makeScratch() const override { return std::make_unique<Scratch>(); }

  void evaluate(NeighbourBlock& block, Scratch&, bool wantGradient) const override {
    const auto zi = static_cast<std::size_t>(block.species);
    Lanes density = {};
    for (std::size_t s = 0; s < species; s++) {
      const double inverse = inverseSquares[zi * species + s];
      for (int row = block.rowStart[s]; row < block.rowStart[s + 1]; row++) {
        const Lanes r = block.r[static_cast<std::size_t>(row)];
        const Lanes gap = 1.0 - r * r * inverse;
        const Lanes inside = gap > 0.0 ? gap : Lanes{};
        density += inside * inside * inside;
      }
    }
    for (int lane = 0; lane < block.atoms; lane++) {
      const double x = density[lane] * inverseThresholds[zi] - 1;
      if (!(x > 0)) continue;  // as in all ordinary matter
      double slope = 0;
      for (std::size_t k = 0; k < powers.size(); k++) {
        const double power = amplitudes[zi * powers.size() + k] * std::pow(x, powers[k] - 1);
        block.energy[lane] += power * x;
        slope += powers[k] * power;
      }
      if (wantGradient) addGradient(block, lane, -6 * slope * inverseThresholds[zi]);
    }
  }

 private:
  void addGradient(NeighbourBlock& block, int lane, double factor) const {
    for (std::size_t s = 0; s < species; s++) {
      const double inverse = inverseSquares[static_cast<std::size_t>(block.species) * species + s];
      for (int row = block.rowStart[s]; row < block.rowStart[s + 1]; row++) {
        const auto n = static_cast<std::size_t>(row);
        const double r = block.r[n][lane];
        const double gap = std::max(0.0, 1 - r * r * inverse);
        const double along = factor * gap * gap * inverse;
        block.gradientX[n][lane] += along * block.x[n][lane];
        block.gradientY[n][lane] += along * block.y[n][lane];
        block.gradientZ[n][lane] += along * block.z[n][lane];
      }
    }
  }
};

}  // namespace

std::unique_ptr<Term> readCrowding(ParameterFile& file, int termSpecies, const std::vector<int>& toTerm) {
  auto term = std::make_unique<Crowding>();
  term->longest = file.real("cutoff");
  const std::vector<double> ranges = file.reals("ranges");
  const std::vector<double> thresholds = file.reals("thresholds");
  term->powers = file.integers("powers", 1);
  const std::vector<double> amplitudes = file.reals("amplitudes");
  const auto size = static_cast<std::size_t>(termSpecies);
  const std::size_t count = term->powers.size();
  if (ranges.size() != size * size || thresholds.size() != size || amplitudes.size() != size * count) {
    file.fail("has a crowding term without a number for every species and pair");
  }
  term->species = toTerm.size();
  for (const int zi : toTerm) {
    const auto i = static_cast<std::size_t>(zi);
    if (!(thresholds[i] > 0)) file.fail("has a crowding term whose threshold is not positive");
    term->inverseThresholds.push_back(1 / thresholds[i]);
    for (std::size_t k = 0; k < count; k++) term->amplitudes.push_back(amplitudes[i * count + k]);
    for (const int zj : toTerm) {
      const double range = ranges[i * size + static_cast<std::size_t>(zj)];
      if (!(range > 0 && range <= term->longest)) file.fail("has a crowding term whose range is not within its cutoff");
      term->inverseSquares.push_back(1 / (range * range));
    }
  }
  return term;
}

}  // namespace forcewright
