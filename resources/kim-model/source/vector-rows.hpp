// Vectors of an instruction set and arrays of them. Included by the kernels only, which are compiled once per instruction
// set: FORCEWRIGHT_WIDTH is the number of doubles in a vector, and LANES / FORCEWRIGHT_WIDTH vectors make one row.
#pragma once

#include "lane-counts.hpp"

namespace forcewright {

namespace {

typedef double Vector __attribute__((vector_size(FORCEWRIGHT_WIDTH * sizeof(double)), may_alias));

constexpr int PARTS = LANES / FORCEWRIGHT_WIDTH;

// One part of an array of rows, such as lanes 4 … 7 of every row.
struct Rows {
  Vector* first;
  Rows(double* rows, int part) : first(reinterpret_cast<Vector*>(rows) + part) {}
  Vector& operator[](int row) const { return first[row * PARTS]; }
};

struct ConstRows {
  const Vector* first;
  ConstRows(const double* rows, int part) : first(reinterpret_cast<const Vector*>(rows) + part) {}
  const Vector& operator[](int row) const { return first[row * PARTS]; }
};

}  // namespace

}  // namespace forcewright
