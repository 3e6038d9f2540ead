#include "potential.hpp"

#include <algorithm>
#include <iterator>
#include <map>

#include "moment-tensor.hpp"
#include "program.hpp"
#include "tensor-regression.hpp"

namespace forcewright {

namespace {

// One line per functional form.
const std::map<std::string, TermReader>& readers() {
  static const std::map<std::string, TermReader> table = {
      {"moment-tensor", readMomentTensor},
      {"moment-tensor-handover", readMomentTensorHandover},
      {"program", readProgram},
      {"tensor-regression", readTensorRegression},
      {"tensor-regression-handover", readTensorRegressionHandover},
  };
  return table;
}

}  // namespace

Potential::Potential(const std::string& parameterFile) {
  ParameterFile file(parameterFile);
  file.integer("forcewright-parameters", 1, 1);
  species_ = file.words("species");
  if (species_.empty()) file.fail("lists no species");
  const int terms = file.integer("terms", 1, 1000);
  for (int t = 0; t < terms; t++) {
    const std::string form = file.word("term");
    const auto reader = readers().find(form);
    if (reader == readers().end()) {
      file.fail("has a term of the form '" + form + "', which this model does not know. It was made by a newer Forcewright: "
                "use the sources that were exported with it");
    }
    const std::vector<std::string> termSpecies = file.words("term_species");
    std::vector<int> toTerm;
    for (const auto& name : species_) {
      const auto found = std::find(termSpecies.begin(), termSpecies.end(), name);
      if (found == termSpecies.end()) file.fail("has a term '" + form + "' without the species " + name);
      toTerm.push_back(static_cast<int>(std::distance(termSpecies.begin(), found)));
    }
    terms_.push_back(reader->second(file, static_cast<int>(termSpecies.size()), toTerm));
    file.expect("end_term");
    cutoff_ = std::max(cutoff_, terms_.back()->cutoff());
  }
  file.expectEnd();
}

}  // namespace forcewright
