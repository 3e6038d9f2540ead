// Heads of tensor-regression potentials, lanes are atoms. Included once by every variant of the kernels.
#pragma once

#include "tensor-regression-kernels.hpp"
#include "vector-rows.hpp"

namespace forcewright {

namespace {

// E = Σ_{a ≤ b ≤ …} A_ab… v_a v_b …, coefficients in lexicographic order; g = ∂E/∂v.
inline Vector evaluateDense(const TensorView& view, const Rows& v, const Rows& g) {
  const int m = view.descriptors;
  const double* t = view.coefficients;
  Vector energy = {};
  for (int a = 0; a < m; a++) g[a] = Vector{};
  for (int a = 0; a < m; a++) {
    const Vector va = v[a];
    if (view.rank == 1) {
      const double coefficient = *t++;
      energy += coefficient * va;
      g[a] = Vector{} + coefficient;
      continue;
    }
    Vector ofA = {};
    for (int b = a; b < m; b++) {
      if (view.rank == 2) {
        const double coefficient = *t++;
        ofA += coefficient * v[b];
        g[b] += coefficient * va;
        continue;
      }
      const Vector vb = v[b], product = va * vb;
      Vector inner = {};
      for (int c = b; c < m; c++) {
        const double coefficient = *t++;
        inner += coefficient * v[c];
        g[c] += coefficient * product;
      }
      ofA += vb * inner;
      g[b] += va * inner;
    }
    g[a] += ofA;
    energy += va * ofA;
  }
  return energy;
}

// E = G¹(v) … Gⁿ(v), Gᵏ(v) = Σ_a v_a Gᵏ[·, a, ·]. Working memory: values of all cores, their adjoints, then the products
// from the left and from the right.
inline Vector evaluateTrain(const TensorView& view, const Rows& work, const Rows& v, const Rows& g) {
  const int m = view.descriptors;
  const int* bonds = view.bonds;
  int entries = 0, states = 0;
  for (int k = 0; k < view.rank; k++) {
    entries += bonds[k] * bonds[k + 1];
    states += bonds[k];
  }
  const int left = 2 * entries, right = left + states + 1;
  const double* core = view.coefficients;
  int value = 0, state = left;
  work[left] = Vector{} + 1.0;
  for (int k = 0; k < view.rank; k++) {
    const int rows = bonds[k], columns = bonds[k + 1];
    const int next = state + rows;
    for (int r = 0; r < columns; r++) work[next + r] = Vector{};
    for (int l = 0; l < rows; l++) {
      for (int r = 0; r < columns; r++) {
        Vector sum = {};
        for (int a = 0; a < m; a++) sum += core[(l * m + a) * columns + r] * v[a];
        work[value + l * columns + r] = sum;
        work[next + r] += work[state + l] * sum;
      }
    }
    core += rows * m * columns;
    value += rows * columns;
    state = next;
  }
  const Vector energy = work[state];
  work[right] = Vector{} + 1.0;
  int behind = right;
  for (int k = view.rank - 1; k >= 0; k--) {
    const int rows = bonds[k], columns = bonds[k + 1];
    value -= rows * columns;
    state -= rows;
    const int before = behind + columns;
    for (int l = 0; l < rows; l++) {
      Vector sum = {};
      for (int r = 0; r < columns; r++) {
        const int place = value + l * columns + r;
        sum += work[place] * work[behind + r];
        work[entries + place] = work[state + l] * work[behind + r];
      }
      work[before + l] = sum;
    }
    behind = before;
  }
  for (int a = 0; a < m; a++) g[a] = Vector{};
  core = view.coefficients;
  int adjoint = entries;
  for (int k = 0; k < view.rank; k++) {
    const int columns = bonds[k + 1];
    for (int l = 0; l < bonds[k]; l++, adjoint += columns) {
      for (int a = 0; a < m; a++, core += columns) {
        Vector sum = g[a];
        for (int r = 0; r < columns; r++) sum += core[r] * work[adjoint + r];
        g[a] = sum;
      }
    }
  }
  return energy;
}

inline Vector evaluateHead(const TensorView& view, const Rows& work, const Rows& v, const Rows& g) {
  return view.bonds ? evaluateTrain(view, work, v, g) : evaluateDense(view, v, g);
}

}  // namespace

}  // namespace forcewright
