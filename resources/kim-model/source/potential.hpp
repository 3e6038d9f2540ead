// A potential as read from its parameter file: species and terms.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "term.hpp"

namespace forcewright {

class Potential {
 public:
  // Throws ModelError with a sentence for the user.
  explicit Potential(const std::string& parameterFile);

  const std::vector<std::string>& species() const { return species_; }
  const std::vector<std::unique_ptr<Term>>& terms() const { return terms_; }
  // Largest cutoff among the terms, Å.
  const double& cutoff() const { return cutoff_; }

 private:
  std::vector<std::string> species_;
  std::vector<std::unique_ptr<Term>> terms_;
  double cutoff_ = 0;
};

}  // namespace forcewright
