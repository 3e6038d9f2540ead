#include "tensor-regression.hpp"

#include <algorithm>
#include <cmath>

#include "handover.hpp"
#include "instruction-set.hpp"
#include "tensor-regression-kernels.hpp"

namespace forcewright {

namespace {

struct TensorScratch : Term::Scratch {
  LaneArray unitX, unitY, unitZ, inverseR, values, slopes, legendre, powers, sums, adjoints, descriptors, gradient, head;
};

// What the file says, by species of the term.
struct TensorTables {
  int channels = 0, radialSize = 0, angularSize = 0, angularRadial = 0;
  double cutoff = 0, first = 0;
  std::vector<double> slope, offset, previous;
  std::vector<int> channelOfSpecies;
  std::vector<double> weights, shift, scale;
  int rank = 0;
  std::vector<int> bonds;  // empty for dense heads
  std::vector<double> coefficients, constants;
  std::vector<double> handover;  // by species of the potential, (zi · species + zj) · 4, or empty

  int angularPairs() const { return channels * angularRadial * (channels * angularRadial + 1) / 2; }
  int descriptors() const { return 1 + channels * radialSize + angularPairs() * angularSize; }
  // Coefficients of one head; as a real number, because damaged files may ask for any size.
  double headSize() const {
    double count = bonds.empty() ? 1 : 0;
    for (int k = 1; k <= rank; k++) {
      if (bonds.empty()) count = count * (descriptors() + k - 1) / k;
      else count += double(bonds[static_cast<std::size_t>(k - 1)]) * descriptors() * bonds[static_cast<std::size_t>(k)];
    }
    return std::round(count);
  }
};

const TensorRegressionKernels& chooseKernels() {
#ifdef FORCEWRIGHT_X86_VARIANTS
  switch (bestInstructionSet()) {
    case InstructionSet::avx512:
      return tensorRegressionKernelsAvx512;
    case InstructionSet::avx:
      return tensorRegressionKernelsAvx;
    case InstructionSet::generic:
      break;
  }
#endif
  return tensorRegressionKernelsGeneric;
}

class TensorRegression : public Term {
 public:
  TensorRegression(TensorTables tables, const std::vector<int>& toTerm) : tables_(std::move(tables)), toTerm_(toTerm) {
    for (const int z : toTerm_) {
      channels_.push_back(tables_.channelOfSpecies[static_cast<std::size_t>(z)]);
      weights_.push_back(tables_.weights[static_cast<std::size_t>(z)]);
    }
    makeLegendreSteps();
    makeAngularFactors();
  }

  double cutoff() const override { return tables_.cutoff; }

  std::unique_ptr<Scratch> makeScratch() const override {
    auto scratch = std::make_unique<TensorScratch>();
    const TensorView view = viewOf(0);
    const auto size = static_cast<std::size_t>(tables_.angularSize + 1);
    scratch->legendre.reserve(size * size * ROW_CHUNK);
    scratch->powers.reserve(2 * size * ROW_CHUNK);
    for (auto* sums : {&scratch->sums, &scratch->adjoints}) sums->reserve(static_cast<std::size_t>(sumCount(view)));
    for (auto* vector : {&scratch->descriptors, &scratch->gradient}) vector->reserve(static_cast<std::size_t>(view.descriptors));
    std::size_t head = 1;
    for (std::size_t k = 1; k < tables_.bonds.size(); k++) {
      const auto left = static_cast<std::size_t>(tables_.bonds[k - 1]), right = static_cast<std::size_t>(tables_.bonds[k]);
      head += 2 * left * right + 2 * left + 2 * right;
    }
    scratch->head.reserve(head + 2);
    return scratch;
  }

  void evaluate(NeighbourBlock& block, Scratch& anyScratch, bool wantGradient) const override {
    auto& scratch = static_cast<TensorScratch&>(anyScratch);
    const std::size_t rows = block.paddedRows();
    const TensorView view = viewOf(block.species);
    for (auto* table : {&scratch.values, &scratch.slopes}) table->reserve(rows * static_cast<std::size_t>(view.functions));
    for (auto* column : {&scratch.unitX, &scratch.unitY, &scratch.unitZ, &scratch.inverseR}) column->reserve(rows);
    const TensorMemory memory = {static_cast<int>(rows),
                                 block.rowStart.data(),
                                 block.x.values(),
                                 block.y.values(),
                                 block.z.values(),
                                 block.r.values(),
                                 scratch.unitX.values(),
                                 scratch.unitY.values(),
                                 scratch.unitZ.values(),
                                 scratch.inverseR.values(),
                                 scratch.values.values(),
                                 scratch.slopes.values(),
                                 scratch.legendre.values(),
                                 scratch.powers.values(),
                                 scratch.sums.values(),
                                 scratch.adjoints.values(),
                                 scratch.descriptors.values(),
                                 scratch.gradient.values(),
                                 scratch.head.values(),
                                 block.energy,
                                 block.gradientX.values(),
                                 block.gradientY.values(),
                                 block.gradientZ.values()};
    kernels_.evaluate(view, memory, wantGradient);
  }

 private:
  // As atoms of a species of the potential see it.
  TensorView viewOf(int species) const {
    const auto z = static_cast<std::size_t>(toTerm_[static_cast<std::size_t>(species)]);
    const auto m = static_cast<std::size_t>(tables_.descriptors());
    return {static_cast<int>(toTerm_.size()),
            tables_.channels,
            tables_.radialSize,
            tables_.angularSize,
            tables_.angularRadial,
            static_cast<int>(tables_.slope.size()),
            tables_.cutoff,
            tables_.first,
            tables_.slope.data(),
            tables_.offset.data(),
            tables_.previous.data(),
            channels_.data(),
            weights_.data(),
            steps_.data(),
            factors_.data(),
            selfFactors_.data(),
            static_cast<int>(m),
            tables_.shift.data() + z * m,
            tables_.scale.data() + z * m,
            tables_.rank,
            tables_.bonds.empty() ? nullptr : tables_.bonds.data(),
            tables_.coefficients.data() + z * static_cast<std::size_t>(tables_.headSize()),
            tables_.constants[z],
            tables_.handover.empty()
                ? nullptr
                : tables_.handover.data() + static_cast<std::size_t>(HANDOVER_NUMBERS * species) * toTerm_.size()};
  }

  // P_l = (2l − 1)/l z P_{l−1} − (l − 1)/l P_{l−2} (places m = 0 and m = l), Q̂_l^m = Q̂_{l−2}^m + (2l − 1)/(2m − 1) Q̂_{l−1}^{m−1}.
  void makeLegendreSteps() {
    const int width = tables_.angularSize + 1;
    steps_.assign(static_cast<std::size_t>(width * width), 0.0);
    for (int l = 1; l < width; l++) {
      double* row = &steps_[static_cast<std::size_t>(l * width)];
      for (int m = 1; m < l; m++) row[m] = (2.0 * l - 1) / (2.0 * m - 1);
      row[0] = (2.0 * l - 1) / l;
      row[l] = (l - 1.0) / l;
    }
  }

  // Addition theorem: Σ_{j<k} g_l(cos θ) ½[u_j u′_k + u′_j u_k] = κ_l Σ_m k_lm B_u,lm B_u′,lm − κ_l Σ_j u_j u′_j, κ_l =
  // ½ √((2l + 1)/2), k_lm = (2 − δ_m0) (l − m)!/(l + m)! (2m − 1)!!².
  void makeAngularFactors() {
    selfFactors_.assign(static_cast<std::size_t>(tables_.angularSize + 1), 0.0);
    factors_.clear();
    for (int l = 1; l <= tables_.angularSize; l++) {
      const double kappa = 0.5 * std::sqrt((2 * l + 1) / 2.0);
      selfFactors_[static_cast<std::size_t>(l)] = kappa;
      for (int m = 0; m <= l; m++) {
        double k = m == 0 ? 1 : 2;
        for (int n = l - m + 1; n <= l + m; n++) k /= n;
        for (int n = 1; n <= m; n++) k *= (2.0 * n - 1) * (2.0 * n - 1);
        factors_.insert(factors_.end(), m == 0 ? 1 : 2, kappa * k);
      }
    }
  }

  TensorTables tables_;
  std::vector<int> toTerm_, channels_;
  std::vector<double> weights_, steps_, factors_, selfFactors_;
  const TensorRegressionKernels& kernels_ = chooseKernels();
};

void check(const TensorTables& tables, std::size_t species, const ParameterFile& file) {
  const std::size_t functions = tables.slope.size();
  const auto needed = static_cast<std::size_t>(std::max(tables.radialSize, tables.angularRadial));
  if (functions < needed || tables.offset.size() != functions || tables.previous.size() != functions) {
    file.fail("does not hold the recurrence of every radial function");
  }
  if (tables.channelOfSpecies.size() != species || tables.weights.size() != species) {
    file.fail("does not hold the element channel and weight of every species");
  }
  for (const int channel : tables.channelOfSpecies) {
    if (channel < 0 || channel >= tables.channels) file.fail("has a species in an element channel that does not exist");
  }
  const std::size_t standard = species * static_cast<std::size_t>(tables.descriptors());
  if (tables.shift.size() != standard || tables.scale.size() != standard) {
    file.fail("does not hold the shift and scale of every descriptor");
  }
  if (static_cast<double>(tables.coefficients.size()) != static_cast<double>(species) * tables.headSize() ||
      tables.constants.size() != species) {
    file.fail("does not hold the coefficients of every species");
  }
}

std::unique_ptr<Term> read(ParameterFile& file, int termSpecies, const std::vector<int>& toTerm, std::vector<double> handover) {
  TensorTables tables;
  tables.handover = std::move(handover);
  tables.cutoff = file.real("cutoff");
  if (!(tables.cutoff > 0)) file.fail("has a cutoff that is not positive");
  tables.channels = file.integer("element_channels", 1, 1000);
  tables.radialSize = file.integer("radial_size", 1, 1000);
  tables.angularSize = file.integer("angular_size", 0, 100);
  tables.angularRadial = file.integer("angular_radial", 0, 100);
  tables.first = file.real("radial_first");
  tables.slope = file.reals("radial_slopes");
  tables.offset = file.reals("radial_offsets");
  tables.previous = file.reals("radial_previous");
  tables.channelOfSpecies = file.integers("channel_of_species", 1);
  tables.weights = file.reals("weight_of_species");
  tables.shift = file.reals("shift");
  tables.scale = file.reals("scale");
  tables.rank = file.integer("rank", 1, 100);
  tables.bonds = file.integers("bonds", 1);
  if (!tables.bonds.empty()) {
    if (static_cast<int>(tables.bonds.size()) != tables.rank + 1 || tables.bonds.front() != 1 || tables.bonds.back() != 1 ||
        *std::min_element(tables.bonds.begin(), tables.bonds.end()) < 1) {
      file.fail("has a tensor train whose bond dimensions do not fit its rank");
    }
  } else if (tables.rank > 3) {
    file.fail("has a dense tensor of a rank above 3");
  }
  tables.coefficients = file.reals("coefficients");
  tables.constants = file.reals("constants");
  check(tables, static_cast<std::size_t>(termSpecies), file);
  return std::make_unique<TensorRegression>(std::move(tables), toTerm);
}

}  // namespace

std::unique_ptr<Term> readTensorRegression(ParameterFile& file, int termSpecies, const std::vector<int>& toTerm) {
  return read(file, termSpecies, toTerm, {});
}

std::unique_ptr<Term> readTensorRegressionHandover(ParameterFile& file, int termSpecies, const std::vector<int>& toTerm) {
  std::vector<double> handover = readHandover(file, termSpecies, toTerm);
  return read(file, termSpecies, toTerm, std::move(handover));
}

}  // namespace forcewright
