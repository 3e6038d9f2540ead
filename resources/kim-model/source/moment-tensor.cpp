#include "moment-tensor.hpp"

#include <algorithm>

#include "handover.hpp"
#include "instruction-set.hpp"
#include "moment-graph.hpp"

namespace forcewright {

namespace {

struct MomentTensorScratch : Term::Scratch {
  LaneArray radial, radialSlope, unitX, unitY, unitZ, inverseR, moments, adjoints, monomials, adjointMonomials;
};

struct RadialTables {
  int functions = 0, size = 0;
  double cutoff = 0, minimumDistance = 0;
  // s c_{μ,k} and the Chebyshev coefficients of its derivative by x, both ((zi · species + zj) · functions + μ) · size + k.
  std::vector<double> coefficients, slopeCoefficients;
  std::vector<double> handover;  // (zi · species + zj) · 4, or empty
};

const MomentTensorKernels& chooseKernels() {
#ifdef FORCEWRIGHT_X86_VARIANTS
  switch (bestInstructionSet()) {
    case InstructionSet::avx512:
      return momentTensorKernelsAvx512;
    case InstructionSet::avx:
      return momentTensorKernelsAvx;
    case InstructionSet::generic:
      break;
  }
#endif
  return momentTensorKernelsGeneric;
}

class MomentTensor : public Term {
 public:
  MomentTensor(MomentGraph graph, RadialTables radial, std::vector<double> speciesEnergies)
      : graph_(std::move(graph)), radial_(std::move(radial)), speciesEnergies_(std::move(speciesEnergies)) {}

  double cutoff() const override { return radial_.cutoff; }

  std::unique_ptr<Scratch> makeScratch() const override {
    auto scratch = std::make_unique<MomentTensorScratch>();
    const auto chunk = static_cast<std::size_t>(graph_.monomialCount() * ROW_CHUNK);
    scratch->moments.reserve(static_cast<std::size_t>(graph_.momentCount()));
    scratch->adjoints.reserve(static_cast<std::size_t>(graph_.momentCount()));
    scratch->monomials.reserve(std::max(chunk, static_cast<std::size_t>(radial_.size)));
    scratch->adjointMonomials.reserve(chunk);
    return scratch;
  }

  void evaluate(NeighbourBlock& block, Scratch& anyScratch, bool wantGradient) const override {
    auto& scratch = static_cast<MomentTensorScratch&>(anyScratch);
    const std::size_t rows = block.paddedRows();
    const auto functions = static_cast<std::size_t>(radial_.functions);
    for (auto* values : {&scratch.radial, &scratch.radialSlope}) values->reserve(rows * functions);
    for (auto* column : {&scratch.unitX, &scratch.unitY, &scratch.unitZ, &scratch.inverseR}) column->reserve(rows);
    const KernelMemory memory = {block.rows,
                                 static_cast<int>(rows),
                                 block.rowStart.data(),
                                 block.x.values(),
                                 block.y.values(),
                                 block.z.values(),
                                 block.r.values(),
                                 scratch.radial.values(),
                                 scratch.radialSlope.values(),
                                 scratch.unitX.values(),
                                 scratch.unitY.values(),
                                 scratch.unitZ.values(),
                                 scratch.inverseR.values(),
                                 scratch.moments.values(),
                                 scratch.adjoints.values(),
                                 scratch.monomials.values(),
                                 scratch.adjointMonomials.values(),
                                 block.energy,
                                 block.gradientX.values(),
                                 block.gradientY.values(),
                                 block.gradientZ.values()};
    const std::size_t species = speciesEnergies_.size();
    const auto centre = static_cast<std::size_t>(block.species);
    const std::size_t offset = centre * species * functions * static_cast<std::size_t>(radial_.size);
    const RadialView radial = {static_cast<int>(species), radial_.functions,       radial_.size,
                               radial_.cutoff,            radial_.minimumDistance, radial_.coefficients.data() + offset,
                               radial_.slopeCoefficients.data() + offset,
                               radial_.handover.empty() ? nullptr : radial_.handover.data() + HANDOVER_NUMBERS * centre * species};
    const GraphView graph = graph_.view();
    for (double& energy : block.energy) energy += speciesEnergies_[centre];
    kernels_.radialPass(radial, memory);
    kernels_.momentPass(graph, memory);
    kernels_.productPass(graph, memory);
    if (wantGradient) kernels_.gradientPass(graph, memory);
  }

 private:
  MomentGraph graph_;
  RadialTables radial_;
  const MomentTensorKernels& kernels_ = chooseKernels();
  std::vector<double> speciesEnergies_;  // e_z, eV, by species of the potential
};

// Chebyshev coefficients of the derivative by x of Σ_k c_k T_k(x): d_{k−1} = d_{k+1} + 2k c_k, d_0 halved.
std::vector<double> derivativeCoefficients(const double* c, int size) {
  std::vector<double> d(static_cast<std::size_t>(size) + 2, 0.0);
  for (int k = size - 1; k >= 1; k--) d[static_cast<std::size_t>(k - 1)] = d[static_cast<std::size_t>(k + 1)] + 2 * k * c[k];
  d[0] *= 0.5;
  d.resize(static_cast<std::size_t>(size));
  return d;
}

std::unique_ptr<Term> read(ParameterFile& file, int termSpecies, const std::vector<int>& toTerm, std::vector<double> handover) {
  RadialTables radial;
  radial.handover = std::move(handover);
  radial.cutoff = file.real("cutoff");
  radial.minimumDistance = file.real("minimum_distance");
  if (!(radial.cutoff > radial.minimumDistance)) file.fail("has a cutoff that is not larger than its minimum distance");
  const double scaling = file.real("scaling");
  radial.size = file.integer("radial_basis_size", 1, 1000);
  radial.functions = file.integer("radial_functions", 1, 1000);
  const std::vector<double> coefficients = file.reals("radial_coefficients");
  const std::vector<double> energies = file.reals("species_coefficients");
  MomentTables tables;
  tables.radialFunctions = radial.functions;
  tables.momentCount = file.integer("moments", 1, 10000000);
  tables.basics = file.integers("basics", 4);
  tables.products = file.integers("products", 4);
  tables.scalars = file.integers("scalars", 1);
  tables.coefficients = file.reals("moment_coefficients");

  const auto perPair = static_cast<std::size_t>(radial.functions * radial.size);
  const auto size = static_cast<std::size_t>(termSpecies);
  if (coefficients.size() != size * size * perPair || energies.size() != size) {
    file.fail("does not hold the coefficients of every species and pair of species");
  }
  std::vector<double> speciesEnergies;
  for (const int zi : toTerm) {
    speciesEnergies.push_back(energies[static_cast<std::size_t>(zi)]);
    for (const int zj : toTerm) {
      const double* c = &coefficients[(static_cast<std::size_t>(zi) * size + static_cast<std::size_t>(zj)) * perPair];
      for (int mu = 0; mu < radial.functions; mu++, c += radial.size) {
        const std::vector<double> d = derivativeCoefficients(c, radial.size);
        for (int k = 0; k < radial.size; k++) {
          radial.coefficients.push_back(scaling * c[k]);
          radial.slopeCoefficients.push_back(scaling * d[static_cast<std::size_t>(k)]);
        }
      }
    }
  }
  return std::make_unique<MomentTensor>(compileGraph(tables, file), std::move(radial), std::move(speciesEnergies));
}

}  // namespace

std::unique_ptr<Term> readMomentTensor(ParameterFile& file, int termSpecies, const std::vector<int>& toTerm) {
  return read(file, termSpecies, toTerm, {});
}

std::unique_ptr<Term> readMomentTensorHandover(ParameterFile& file, int termSpecies, const std::vector<int>& toTerm) {
  std::vector<double> handover = readHandover(file, termSpecies, toTerm);
  return read(file, termSpecies, toTerm, std::move(handover));
}

}  // namespace forcewright
