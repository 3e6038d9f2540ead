#include "evaluator.hpp"

#include <algorithm>
#include <cmath>

namespace forcewright {

Evaluator::Evaluator(const Potential& potential) : potential_(potential) {
  for (const auto& term : potential.terms()) scratch_.push_back(term->makeScratch());
  const std::size_t species = potential.species().size();
  counts_.resize(species * LANES);
  waiting_.resize(species);
  block_.rowStart.resize(species + 1);
}

void Evaluator::evaluate(const Particles& particles, const NeighbourList& neighbourList) {
  const auto count = static_cast<std::size_t>(particles.count);
  if (particles.energy) *particles.energy = 0;
  if (particles.forces) std::fill_n(particles.forces, 3 * count, 0.0);
  if (particles.particleEnergy) std::fill_n(particles.particleEnergy, count, 0.0);
  if (particles.virial) std::fill_n(particles.virial, 6, 0.0);
  if (particles.particleVirial) std::fill_n(particles.particleVirial, 6 * count, 0.0);
  const auto flush = [&](std::size_t species) {
    std::vector<int>& atoms = waiting_[species];
    if (atoms.empty()) return;
    block_.species = static_cast<int>(species);
    block_.atoms = static_cast<int>(atoms.size());
    for (int lane = 0; lane < LANES; lane++) {
      found_[lane].clear();
      block_.central[lane] = lane < block_.atoms ? atoms[static_cast<std::size_t>(lane)] : -1;
      if (lane < block_.atoms) gather(particles, neighbourList, block_.central[lane], lane);
    }
    atoms.clear();
    arrange();
    process(particles);
  };
  for (int i = 0; i < particles.count; i++) {
    if (particles.species[i] < 0 || static_cast<std::size_t>(particles.species[i]) >= waiting_.size()) {
      std::string known;
      for (const auto& name : potential_.species()) known += " " + name;
      throw ModelError("an atom has an element that the potential does not know (it knows" + known +
                       "): name known elements in pair_coeff");
    }
  }
  for (auto& atoms : waiting_) atoms.clear();
  for (int i = 0; i < particles.count; i++) {
    if (!particles.contributing[i]) continue;
    const int species = particles.species[i];
    waiting_[static_cast<std::size_t>(species)].push_back(i);
    if (waiting_[static_cast<std::size_t>(species)].size() == LANES) flush(static_cast<std::size_t>(species));
  }
  for (std::size_t species = 0; species < waiting_.size(); species++) flush(species);
}

// Neighbours within the cutoff of one central atom.
void Evaluator::gather(const Particles& particles, const NeighbourList& neighbourList, int particle, int lane) {
  int count = 0;
  const int* neighbours = nullptr;
  if (!neighbourList(particle, count, neighbours)) throw ModelError("the simulator gave no neighbour list");
  const double square = potential_.cutoff() * potential_.cutoff();
  const double* centre = particles.coordinates + 3 * static_cast<std::size_t>(particle);
  const double cx = centre[0], cy = centre[1], cz = centre[2];
  std::vector<Neighbour>& found = found_[lane];
  found.resize(static_cast<std::size_t>(count));
  std::size_t size = 0;
  for (int k = 0; k < count; k++) {
    const int j = neighbours[k];
    const double* other = particles.coordinates + 3 * static_cast<std::size_t>(j);
    const double x = other[0] - cx, y = other[1] - cy, z = other[2] - cz;
    const double r2 = x * x + y * y + z * z;
    // written in any case, kept only when inside: a branch would be mispredicted for every third neighbour
    found[size] = {x, y, z, j, particles.species[j]};
    size += r2 < square ? 1 : 0;
    if (r2 == 0) {
      throw ModelError("two atoms lie at exactly the same place (" + std::to_string(cx) + ", " + std::to_string(cy) + ", " +
                       std::to_string(cz) + "): forces do not exist there. Check the structure");
    }
  }
  found.resize(size);
}

// Puts what gather found into the rows of the block, sorted by species.
void Evaluator::arrange() {
  const std::size_t species = potential_.species().size();
  std::fill(counts_.begin(), counts_.end(), 0);
  for (int lane = 0; lane < LANES; lane++) {
    for (const Neighbour& neighbour : found_[lane]) counts_[static_cast<std::size_t>(neighbour.species * LANES + lane)]++;
  }
  block_.rowStart[0] = 0;
  for (std::size_t s = 0; s < species; s++) {
    block_.rowStart[s + 1] = block_.rowStart[s] + *std::max_element(&counts_[s * LANES], &counts_[s * LANES] + LANES);
  }
  block_.resize(block_.rowStart[species]);
  const double cutoff = potential_.cutoff();
  const auto put = [&](int row, int lane, const Neighbour& neighbour) {
    const auto n = static_cast<std::size_t>(row);
    block_.x[n][lane] = neighbour.x;
    block_.y[n][lane] = neighbour.y;
    block_.z[n][lane] = neighbour.z;
    block_.index[n * LANES + static_cast<std::size_t>(lane)] = neighbour.index;
  };
  for (int lane = 0; lane < LANES; lane++) {
    for (std::size_t s = 0; s < species; s++) counts_[s * LANES + static_cast<std::size_t>(lane)] = block_.rowStart[s];
    for (const Neighbour& neighbour : found_[lane]) {
      put(counts_[static_cast<std::size_t>(neighbour.species * LANES + lane)]++, lane, neighbour);
    }
    for (std::size_t s = 0; s < species; s++) {
      for (int row = counts_[s * LANES + static_cast<std::size_t>(lane)]; row < block_.rowStart[s + 1]; row++) {
        put(row, lane, {cutoff, 0, 0, -1, 0});
      }
    }
  }
  for (std::size_t n = 0; n < static_cast<std::size_t>(block_.rows); n++) {
    const Lanes r2 = block_.x[n] * block_.x[n] + block_.y[n] * block_.y[n] + block_.z[n] * block_.z[n];
    for (int lane = 0; lane < LANES; lane++) block_.r[n][lane] = std::sqrt(r2[lane]);
    block_.gradientX[n] = block_.gradientY[n] = block_.gradientZ[n] = Lanes{};
  }
  std::fill_n(block_.energy, LANES, 0.0);
}

void Evaluator::process(const Particles& particles) {
  const bool wantGradient = particles.forces || particles.virial || particles.particleVirial;
  for (std::size_t t = 0; t < scratch_.size(); t++) {
    potential_.terms()[t]->evaluate(block_, *scratch_[t], wantGradient);
  }
  for (int lane = 0; lane < block_.atoms; lane++) {
    if (particles.energy) *particles.energy += block_.energy[lane];
    if (particles.particleEnergy) particles.particleEnergy[block_.central[lane]] += block_.energy[lane];
  }
  if (particles.forces) scatterForces(particles);
  if (particles.virial || particles.particleVirial) scatterVirial(particles);
}

void Evaluator::scatterForces(const Particles& particles) const {
  Lanes sumX = {}, sumY = {}, sumZ = {};
  for (std::size_t n = 0; n < static_cast<std::size_t>(block_.rows); n++) {
    const Lanes gx = block_.gradientX[n], gy = block_.gradientY[n], gz = block_.gradientZ[n];
    sumX += gx;
    sumY += gy;
    sumZ += gz;
    for (int lane = 0; lane < LANES; lane++) {
      const int j = block_.index[n * LANES + static_cast<std::size_t>(lane)];
      if (j < 0) continue;
      double* force = particles.forces + 3 * static_cast<std::size_t>(j);
      force[0] -= gx[lane];
      force[1] -= gy[lane];
      force[2] -= gz[lane];
    }
  }
  for (int lane = 0; lane < block_.atoms; lane++) {
    double* force = particles.forces + 3 * static_cast<std::size_t>(block_.central[lane]);
    force[0] += sumX[lane];
    force[1] += sumY[lane];
    force[2] += sumZ[lane];
  }
}

void Evaluator::scatterVirial(const Particles& particles) const {
  Lanes total[6] = {};
  for (std::size_t n = 0; n < static_cast<std::size_t>(block_.rows); n++) {
    const Lanes x = block_.x[n], y = block_.y[n], z = block_.z[n];
    const Lanes gx = block_.gradientX[n], gy = block_.gradientY[n], gz = block_.gradientZ[n];
    // off-diagonal parts are symmetrised per pair: their sums over a rotationally invariant energy are symmetric
    const Lanes part[6] = {x * gx, y * gy, z * gz, 0.5 * (y * gz + z * gy), 0.5 * (x * gz + z * gx), 0.5 * (x * gy + y * gx)};
    for (int k = 0; k < 6; k++) total[k] += part[k];
    if (!particles.particleVirial) continue;
    for (int lane = 0; lane < block_.atoms; lane++) {
      const int j = block_.index[n * LANES + static_cast<std::size_t>(lane)];
      if (j < 0) continue;
      for (int k = 0; k < 6; k++) {
        particles.particleVirial[6 * static_cast<std::size_t>(block_.central[lane]) + static_cast<std::size_t>(k)] += 0.5 * part[k][lane];
        particles.particleVirial[6 * static_cast<std::size_t>(j) + static_cast<std::size_t>(k)] += 0.5 * part[k][lane];
      }
    }
  }
  if (!particles.virial) return;
  for (int k = 0; k < 6; k++) {
    for (int lane = 0; lane < block_.atoms; lane++) particles.virial[k] += total[k][lane];
  }
}

}  // namespace forcewright
