#include "program.hpp"

#include <algorithm>

#include "instruction-set.hpp"
#include "program-kernels.hpp"

namespace forcewright {

namespace {

struct ProgramScratch : Term::Scratch {
  LaneArray fields, sums, adjoints, work;
};

const ProgramKernels& chooseKernels() {
#ifdef FORCEWRIGHT_X86_VARIANTS
  switch (bestInstructionSet()) {
    case InstructionSet::avx512:
      return programKernelsAvx512;
    case InstructionSet::avx:
      return programKernelsAvx;
    case InstructionSet::generic:
      break;
  }
#endif
  return programKernelsGeneric;
}

// Contents of a table for one central species.
struct TableContents {
  std::vector<int> words;
  std::vector<double> reals;
};

class Program : public Term {
 public:
  int program = 0, sums = 0, channels = 0, work = 0, fields = 0, pairNumbers = 0;
  double longest = 0;
  // By species of the potential.
  std::vector<int> channel;
  std::vector<double> energies;
  std::vector<std::vector<double>> pairs, numbers;
  std::vector<std::vector<TableContents>> tables;

  double cutoff() const override { return longest; }

  std::unique_ptr<Scratch> makeScratch() const override {
    auto scratch = std::make_unique<ProgramScratch>();
    scratch->sums.reserve(static_cast<std::size_t>(sums) * static_cast<std::size_t>(channels));
    scratch->adjoints.reserve(scratch->sums.size());
    // places are below `work`, and programs add at most as much to them
    scratch->work.reserve(2 * static_cast<std::size_t>(work) + 1);
    return scratch;
  }

  void evaluate(NeighbourBlock& block, Scratch& anyScratch, bool wantGradient) const override {
    auto& scratch = static_cast<ProgramScratch&>(anyScratch);
    scratch.fields.reserve(block.paddedRows() * static_cast<std::size_t>(fields) + 1);
    const auto centre = static_cast<std::size_t>(block.species);
    std::vector<ProgramTable> views;
    for (const TableContents& table : tables[centre]) views.push_back({table.words.data(), table.reals.data()});
    const ProgramView view = {static_cast<int>(channel.size()), sums,          channels,
                              fields,                           pairNumbers,   channel.data(),
                              pairs[centre].data(),             numbers[centre].data(), views.data()};
    const ProgramMemory memory = {block.rows,
                                  static_cast<int>(block.paddedRows()),
                                  block.rowStart.data(),
                                  block.x.values(),
                                  block.y.values(),
                                  block.z.values(),
                                  scratch.fields.values(),
                                  scratch.sums.values(),
                                  scratch.adjoints.values(),
                                  scratch.work.values(),
                                  block.energy,
                                  wantGradient ? block.gradientX.values() : nullptr,
                                  block.gradientY.values(),
                                  block.gradientZ.values()};
    for (double& energy : block.energy) energy += energies[centre];
    kernels_.run[program](view, memory);
  }

  int programs() const { return kernels_.count; }

 private:
  const ProgramKernels& kernels_ = chooseKernels();
};

constexpr int MANY = 100000000;

// A table's words: places below `work`, or rows (or the end) of a later table.
void checkWords(const std::vector<int>& words, const std::vector<int>& kinds, int work, const std::vector<int>& rows,
                ParameterFile& file) {
  for (std::size_t k = 0; k < words.size(); k++) {
    const int kind = kinds[k % kinds.size()];
    const int most = kind < 0 ? work - 1 : rows[static_cast<std::size_t>(kind)];
    if (words[k] < 0 || words[k] > most) file.fail("has a program with a place outside its numbers");
  }
}

std::vector<TableContents> readTables(ParameterFile& file, int count, int work) {
  std::vector<TableContents> tables;
  std::vector<std::vector<int>> kinds;
  std::vector<int> rows;
  for (int t = 0; t < count; t++) {
    kinds.push_back(file.integers("table_words", 1));
    const int reals = file.integer("table_reals", 0, 1000);
    rows.push_back(file.integer("table_rows", 0, MANY));
    tables.push_back({file.integers("words", 1), file.reals("reals")});
    const auto size = static_cast<std::size_t>(rows.back());
    if (tables.back().words.size() != size * kinds.back().size() || tables.back().reals.size() != size * static_cast<std::size_t>(reals))
      file.fail("has a program with a table that is not whole");
    for (const int kind : kinds.back())
      if (kind >= count) file.fail("has a program that names a table which is not there");
  }
  for (std::size_t t = 0; t < tables.size(); t++) checkWords(tables[t].words, kinds[t], work, rows, file);
  return tables;
}

}  // namespace

std::unique_ptr<Term> readProgram(ParameterFile& file, int termSpecies, const std::vector<int>& toTerm) {
  auto term = std::make_unique<Program>();
  term->program = file.integer("program", 0, MANY);
  if (term->program >= term->programs())
    file.fail("has a potential that its model was not built for. Export it again, and use the sources that come with it");
  term->longest = file.real("cutoff");
  term->sums = file.integer("sums", 1, MANY);
  term->channels = file.integer("channels", 1, std::max(1, termSpecies));
  term->work = file.integer("work", 0, MANY);
  term->fields = file.integer("fields", 0, 1000);
  term->pairNumbers = file.integer("pair_numbers", 0, MANY);
  const int atomNumbers = file.integer("atom_numbers", 0, MANY);
  const int tableCount = file.integer("tables", 0, 100);
  const std::vector<double> energies = file.reals("energies");
  const std::vector<double> pairs = file.reals("pairs");
  const std::vector<double> numbers = file.reals("numbers");
  const auto size = static_cast<std::size_t>(termSpecies);
  const auto perPair = static_cast<std::size_t>(term->pairNumbers);
  const auto perAtom = static_cast<std::size_t>(atomNumbers);
  if (energies.size() != size || pairs.size() != size * size * perPair || numbers.size() != size * perAtom)
    file.fail("does not hold the numbers of every species and pair of species");
  std::vector<std::vector<TableContents>> tables;
  for (int s = 0; s < termSpecies; s++) tables.push_back(readTables(file, tableCount, term->work));
  for (const int zi : toTerm) {
    const auto i = static_cast<std::size_t>(zi);
    term->channel.push_back(term->channels == 1 ? 0 : zi);
    term->energies.push_back(energies[i]);
    term->numbers.emplace_back(numbers.begin() + static_cast<long>(i * perAtom), numbers.begin() + static_cast<long>((i + 1) * perAtom));
    term->tables.push_back(tables[i]);
    std::vector<double>& own = term->pairs.emplace_back();
    for (const int zj : toTerm) {
      const auto from = pairs.begin() + static_cast<long>((i * size + static_cast<std::size_t>(zj)) * perPair);
      own.insert(own.end(), from, from + static_cast<long>(perPair));
    }
  }
  return term;
}

}  // namespace forcewright
