// Distances that radial functions see, for a vector of distances (handover.hpp). Included by the kernels only.
#pragma once

#include "vector-rows.hpp"

namespace forcewright {

namespace {

struct SeenDistance {
  Vector distance, slope;
};

// Whether a row of first … end − 1 holds a distance below `outer`.
inline bool anyBelow(const ConstRows& r, int first, int end, double outer) {
  Vector nearest = Vector{} + outer;
  for (int row = first; row < end; row++) nearest = r[row] < nearest ? r[row] : nearest;
  for (int lane = 0; lane < FORCEWRIGHT_WIDTH; lane++) {
    if (nearest[lane] < outer) return true;
  }
  return false;
}

// s(r) and its derivative. numbers: r₂, r₁, 1/w, w.
inline SeenDistance seenDistance(Vector r, const double* numbers) {
  const Vector zero = {}, one = zero + 1.0;
  const Vector part = (r - numbers[1]) * numbers[2];
  const Vector positive = part > zero ? part : zero;
  const Vector u = positive < one ? positive : one;
  const Vector bent = numbers[0] - numbers[3] * (0.5 - u * u * u * (1.0 - 0.5 * u));
  return {r < numbers[0] ? bent : r, r < numbers[0] ? u * u * (3.0 - 2.0 * u) : one};
}

}  // namespace

}  // namespace forcewright
