#include "moment-graph.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace forcewright {

namespace {

using Powers = std::array<int, 3>;

std::size_t at(int k) { return static_cast<std::size_t>(k); }

// Index of a monomial; adds it and the ones it is built from when they are new.
int monomial(MomentGraph& graph, std::map<Powers, int>& known, const Powers& powers) {
  const auto found = known.find(powers);
  if (found != known.end()) return found->second;
  const int axis = powers[2] > 0 ? 2 : powers[1] > 0 ? 1 : 0;
  Powers lower = powers;
  lower[at(axis)]--;
  const int parent = monomial(graph, known, lower);
  const int index = graph.monomialCount();
  graph.parent.push_back(parent);
  graph.axis.push_back(axis);
  known[powers] = index;
  return index;
}

// Fills in monomials and basic moments; returns the new index of each basic moment of the tables.
std::vector<int> compileBasics(MomentGraph& graph, const MomentTables& tables) {
  const int count = static_cast<int>(tables.basics.size() / 4);
  std::map<Powers, int> known = {{Powers{0, 0, 0}, 0}};
  graph.parent.push_back(0);
  graph.axis.push_back(0);
  std::vector<int> order(at(count));
  for (int b = 0; b < count; b++) order[at(b)] = b;
  const auto mu = [&](int b) { return tables.basics[at(4 * b)]; };
  const auto powers = [&](int b) {
    return Powers{tables.basics[at(4 * b + 1)], tables.basics[at(4 * b + 2)], tables.basics[at(4 * b + 3)]};
  };
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return mu(a) < mu(b); });
  std::vector<int> renumbered(at(count));
  graph.basicStart.assign(at(graph.radialFunctions + 1), 0);
  for (const int b : order) {
    renumbered[at(b)] = graph.basicCount();
    graph.basicMonomial.push_back(monomial(graph, known, powers(b)));
    graph.basicStart[at(mu(b) + 1)]++;
  }
  for (int m = 0; m < graph.radialFunctions; m++) graph.basicStart[at(m + 1)] += graph.basicStart[at(m)];
  for (int m = 0; m < graph.monomialCount(); m++) {
    graph.factorStart.push_back(static_cast<int>(graph.factors.size()));
    for (int radial = 0; radial < graph.radialFunctions; radial++) {
      for (int b = graph.basicStart[at(radial)]; b < graph.basicStart[at(radial + 1)]; b++) {
        if (graph.basicMonomial[at(b)] == m) graph.factors.push_back({b, radial});
      }
    }
  }
  graph.factorStart.push_back(static_cast<int>(graph.factors.size()));
  return renumbered;
}

void checkTables(const MomentTables& tables, const ParameterFile& file) {
  const int basics = static_cast<int>(tables.basics.size() / 4);
  const auto isMoment = [&](int k) { return k >= 0 && k < tables.momentCount; };
  bool good = basics <= tables.momentCount && tables.scalars.size() == tables.coefficients.size();
  for (std::size_t b = 0; b < tables.basics.size(); b += 4) {
    const int* basic = &tables.basics[b];
    good = good && basic[0] >= 0 && basic[0] < tables.radialFunctions;
    for (int k = 1; k < 4; k++) good = good && basic[k] >= 0 && basic[k] <= 40;
  }
  std::vector<bool> used(at(tables.momentCount)), finished(at(tables.momentCount));
  std::fill_n(finished.begin(), std::min(basics, tables.momentCount), true);
  for (std::size_t p = 0; good && p < tables.products.size(); p += 4) {
    const int* product = &tables.products[p];
    good = isMoment(product[0]) && isMoment(product[1]) && isMoment(product[3]) && product[3] >= basics;
    if (!good) break;
    good = finished[at(product[0])] && finished[at(product[1])] && !used[at(product[3])];
    finished[at(product[3])] = true;
    used[at(product[0])] = used[at(product[1])] = true;
  }
  for (const int scalar : tables.scalars) good = good && isMoment(scalar) && finished[at(scalar)];
  if (!good) file.fail("has tables of moments that do not fit together. Export the potential again");
}

// Moments that products with an effect on the energy are made of: those need a value and an adjoint of their own.
std::vector<bool> usedMoments(const MomentTables& tables, const std::vector<double>& weight) {
  std::vector<bool> used(at(tables.momentCount), false);
  for (std::size_t p = tables.products.size(); p > 0; p -= 4) {
    const int* product = &tables.products[p - 4];
    const auto target = at(product[3]);
    if (weight[target] != 0 || used[target]) used[at(product[0])] = used[at(product[1])] = true;
  }
  return used;
}

using Bilinear = std::map<std::pair<int, int>, double>;

// Numbers the product moments that are used, fills in their products, and returns c_ij of all other products.
// `index` holds the new numbers of the basic moments, and −1 for the others.
Bilinear compileProducts(MomentGraph& graph, const MomentTables& tables, const std::vector<double>& weight, std::vector<int> index) {
  const std::vector<bool> used = usedMoments(tables, weight);
  std::map<int, std::vector<MomentGraph::Product>> intermediate;  // by new number of the target
  Bilinear bilinear;
  for (std::size_t p = 0; p < tables.products.size(); p += 4) {
    const int* product = &tables.products[p];
    const auto target = at(product[3]);
    if (weight[target] == 0 && !used[target]) continue;
    const int first = index[at(product[0])], second = index[at(product[1])];
    if (!used[target]) {
      bilinear[std::minmax(first, second)] += weight[target] * product[2];
      continue;
    }
    if (index[target] < 0) {
      index[target] = graph.momentCount();
      graph.weight.push_back(weight[target]);
    }
    intermediate[index[target]].push_back({first, second, static_cast<double>(product[2])});
  }
  for (const auto& entry : intermediate) {
    graph.productStart.push_back(static_cast<int>(graph.products.size()));
    graph.products.insert(graph.products.end(), entry.second.begin(), entry.second.end());
  }
  graph.productStart.push_back(static_cast<int>(graph.products.size()));
  return bilinear;
}

// Arranges c_ij in rows. Long rows are better: the moment with more partners becomes the row.
void compileRows(MomentGraph& graph, const Bilinear& bilinear) {
  std::vector<int> partners(at(graph.momentCount()), 0);
  for (const auto& pair : bilinear) {
    partners[at(pair.first.first)]++;
    partners[at(pair.first.second)]++;
  }
  std::map<int, std::vector<MomentGraph::Entry>> rows;
  for (const auto& pair : bilinear) {
    auto [row, column] = pair.first;
    if (partners[at(column)] > partners[at(row)]) std::swap(row, column);
    rows[row].push_back({column, pair.second});
  }
  for (const auto& row : rows) {
    graph.rowMoment.push_back(row.first);
    graph.rowStart.push_back(static_cast<int>(graph.entries.size()));
    graph.entries.insert(graph.entries.end(), row.second.begin(), row.second.end());
  }
  graph.rowStart.push_back(static_cast<int>(graph.entries.size()));
}

}  // namespace

GraphView MomentGraph::view() const {
  return {radialFunctions,       monomialCount(),     basicCount(),     momentCount(),       static_cast<int>(rowMoment.size()),
          parent.data(),         axis.data(),         basicStart.data(), basicMonomial.data(), factorStart.data(),
          factors.data(),        productStart.data(), products.data(),  weight.data(),       rowMoment.data(),
          rowStart.data(),       entries.data()};
}

MomentGraph compileGraph(const MomentTables& tables, const ParameterFile& file) {
  checkTables(tables, file);
  MomentGraph graph;
  graph.radialFunctions = tables.radialFunctions;
  std::vector<int> index = compileBasics(graph, tables);

  std::vector<double> weight(at(tables.momentCount), 0.0);
  for (std::size_t a = 0; a < tables.scalars.size(); a++) weight[at(tables.scalars[a])] += tables.coefficients[a];
  graph.weight.assign(index.size(), 0.0);
  for (std::size_t b = 0; b < index.size(); b++) graph.weight[at(index[b])] = weight[b];

  index.resize(at(tables.momentCount), -1);
  compileRows(graph, compileProducts(graph, tables, weight, std::move(index)));
  return graph;
}

}  // namespace forcewright
