// Included once by every tensor-regression-kernels-*.cpp, which sets FORCEWRIGHT_WIDTH.
#include "handover-rows.hpp"
#include "tensor-regression-heads.hpp"
#include "tensor-regression-kernels.hpp"
#include "vector-rows.hpp"

namespace forcewright {

namespace {

// Distances, unit vectors, radial functions and their slopes of all rows.
void radialPart(const TensorView& view, const TensorMemory& memory, int part) {
  const ConstRows x(memory.x, part), y(memory.y, part), z(memory.z, part), distance(memory.r, part);
  const Rows unitX(memory.unitX, part), unitY(memory.unitY, part), unitZ(memory.unitZ, part), inverseR(memory.inverseR, part);
  const Rows values(memory.values, part), slopes(memory.slopes, part);
  const double perCutoff = 1 / view.cutoff;
  for (int s = 0; s < view.species; s++) {
    const double weight = view.weight[s] * view.first;
    const double* handover = view.handover ? view.handover + 4 * s : nullptr;
    if (handover && !anyBelow(distance, memory.rowStart[s], memory.rowStart[s + 1], handover[0])) handover = nullptr;
    for (int row = memory.rowStart[s]; row < memory.rowStart[s + 1]; row++) {
      const Vector r = distance[row];
      const Vector inverse = 1.0 / r;
      unitX[row] = x[row] * inverse;
      unitY[row] = y[row] * inverse;
      unitZ[row] = z[row] * inverse;
      inverseR[row] = inverse;
      // beyond the cutoff the factor (1 − r/r_c)³ and its derivative are exactly zero
      Vector inside = r < view.cutoff ? r : Vector{} + view.cutoff;
      Vector chain = Vector{} + 1.0;
      if (handover) {
        const SeenDistance seen = seenDistance(inside, handover);
        inside = seen.distance;
        chain = seen.slope;
      }
      const Vector rest = (view.cutoff - inside) * perCutoff;
      const Vector square = weight * rest * rest;
      Vector value = square * rest, slope = (-3 * perCutoff) * square;
      Vector valueBefore = {}, slopeBefore = {};
      for (int n = 0; n < view.functions; n++) {
        if (n > 0) {
          const Vector factor = view.slope[n] * inside + view.offset[n];
          const Vector nextValue = factor * value - view.previous[n] * valueBefore;
          const Vector nextSlope = factor * slope + view.slope[n] * value - view.previous[n] * slopeBefore;
          valueBefore = value;
          slopeBefore = slope;
          value = nextValue;
          slope = nextSlope;
        }
        values[n * memory.paddedRows + row] = value;
        slopes[n * memory.paddedRows + row] = handover ? slope * chain : slope;
      }
    }
  }
}

// Q̂_l^m(z) = d^m P_l/dz^m / (2m − 1)!! and (c_m, s_m) = (x + iy)^m for N rows.
template <int N>
inline void fillAngular(const TensorView& view, const TensorMemory& memory, int part, int row) {
  const ConstRows unitX(memory.unitX, part), unitY(memory.unitY, part), unitZ(memory.unitZ, part);
  const Rows q(memory.legendre, part), powers(memory.powers, part);
  const int size = view.angularSize, width = size + 1;
  const auto at = [&](int l, int m) { return (l * width + m) * N; };
  for (int l = 0; l <= size; l++) {
    const double* step = view.steps + l * width;
    if (l == 1) {
      for (int c = 0; c < N; c++) q[at(1, 0) + c] = unitZ[row + c];
    } else if (l > 1) {
      for (int c = 0; c < N; c++) {
        q[at(l, 0) + c] = step[0] * unitZ[row + c] * q[at(l - 1, 0) + c] - step[l] * q[at(l - 2, 0) + c];
      }
    }
    for (int m = 1; m < l; m++) {
      if (l - 2 >= m) {
        for (int c = 0; c < N; c++) q[at(l, m) + c] = q[at(l - 2, m) + c] + step[m] * q[at(l - 1, m - 1) + c];
      } else {
        for (int c = 0; c < N; c++) q[at(l, m) + c] = step[m] * q[at(l - 1, m - 1) + c];
      }
    }
    for (int c = 0; c < N; c++) q[at(l, l) + c] = Vector{} + 1.0;
  }
  for (int c = 0; c < N; c++) {
    powers[c] = Vector{} + 1.0;
    powers[N + c] = Vector{};
  }
  for (int m = 1; m <= size; m++) {
    for (int c = 0; c < N; c++) {
      const Vector a = powers[2 * (m - 1) * N + c], b = powers[(2 * m - 1) * N + c];
      powers[2 * m * N + c] = unitX[row + c] * a - unitY[row + c] * b;
      powers[(2 * m + 1) * N + c] = unitX[row + c] * b + unitY[row + c] * a;
    }
  }
}

// Adds N rows of one species to the sums.
template <int N>
inline void addRows(const TensorView& view, const TensorMemory& memory, int part, int row, int channel) {
  const Rows sums(memory.sums, part), values(memory.values, part), q(memory.legendre, part), powers(memory.powers, part);
  const int block = channel * radialBlock(view), stride = memory.paddedRows;
  for (int p = 0; p < view.radialSize; p++) {
    Vector sum = sums[block + p];
    for (int c = 0; c < N; c++) sum += values[p * stride + row + c];
    sums[block + p] = sum;
  }
  const int size = view.angularSize, radial = size > 0 ? view.angularRadial : 0;
  int self = block + view.radialSize;
  for (int a = 0; a < radial; a++) {
    for (int b = a; b < radial; b++, self++) {
      Vector sum = sums[self];
      for (int c = 0; c < N; c++) sum += values[a * stride + row + c] * values[b * stride + row + c];
      sums[self] = sum;
    }
  }
  if (size == 0) return;
  fillAngular<N>(view, memory, part, row);
  for (int a = 0; a < radial; a++) {
    const int first = harmonicsStart(view) + (channel * view.angularRadial + a) * harmonics(view);
    for (int m = 0; m <= size; m++) {
      Vector cosine[N], sine[N];
      for (int c = 0; c < N; c++) {
        cosine[c] = values[a * stride + row + c] * powers[2 * m * N + c];
        sine[c] = values[a * stride + row + c] * powers[(2 * m + 1) * N + c];
      }
      for (int l = m > 1 ? m : 1; l <= size; l++) {
        const int place = first + harmonic(l, m), table = (l * (size + 1) + m) * N;
        Vector sum = sums[place];
        for (int c = 0; c < N; c++) sum += cosine[c] * q[table + c];
        sums[place] = sum;
        if (m == 0) continue;
        Vector other = sums[place + 1];
        for (int c = 0; c < N; c++) other += sine[c] * q[table + c];
        sums[place + 1] = other;
      }
    }
  }
}

// Angular descriptors of every pair u ≤ u′; with `back` the adjoints of the sums from those of the descriptors.
void angularPairs(const TensorView& view, const Rows& sums, const Rows& adjoints, const Rows& values, bool back) {
  const int channels = angularChannels(view), count = harmonics(view), start = harmonicsStart(view);
  int d = angularStart(view);
  for (int u = 0; u < channels; u++) {
    for (int v = u; v < channels; v++) {
      const int c = u / view.angularRadial, a = u % view.angularRadial, b = v % view.angularRadial;
      const bool same = v / view.angularRadial == c;
      const int self = c * radialBlock(view) + view.radialSize + a * view.angularRadial - a * (a - 1) / 2 + b - a;
      for (int l = 1; l <= view.angularSize; l++, d++) {
        const int from = start + u * count, with = start + v * count;
        const int firstPlace = l * l - 1, lastPlace = (l + 1) * (l + 1) - 1;
        if (!back) {
          Vector sum = {};
          if (same) sum = -view.selfFactors[l] * sums[self];
          for (int k = firstPlace; k < lastPlace; k++) sum += view.factors[k] * sums[from + k] * sums[with + k];
          values[d] = sum;
        } else {
          const Vector g = values[d];
          if (same) adjoints[self] -= view.selfFactors[l] * g;
          for (int k = firstPlace; k < lastPlace; k++) {
            const Vector scaled = view.factors[k] * g;
            adjoints[from + k] += scaled * sums[with + k];
            adjoints[with + k] += scaled * sums[from + k];
          }
        }
      }
    }
  }
}

// Descriptors, the head, and the adjoints of the sums.
void atomPart(const TensorView& view, const TensorMemory& memory, int part, bool wantGradient) {
  const Rows sums(memory.sums, part), adjoints(memory.adjoints, part), v(memory.descriptors, part), g(memory.gradient, part);
  v[0] = Vector{} + 1.0;
  for (int c = 0; c < view.channels; c++) {
    for (int p = 0; p < view.radialSize; p++) v[1 + c * view.radialSize + p] = sums[c * radialBlock(view) + p];
  }
  angularPairs(view, sums, adjoints, v, false);
  for (int d = 0; d < view.descriptors; d++) v[d] = (v[d] - view.shift[d]) * view.scale[d];
  const Vector energy = evaluateHead(view, Rows(memory.head, part), v, g);
  Rows(memory.energy, part)[0] += energy + view.constant;
  if (!wantGradient) return;
  for (int d = 0; d < view.descriptors; d++) g[d] *= view.scale[d];
  for (int k = 0; k < sumCount(view); k++) adjoints[k] = Vector{};
  for (int c = 0; c < view.channels; c++) {
    for (int p = 0; p < view.radialSize; p++) adjoints[c * radialBlock(view) + p] = g[1 + c * view.radialSize + p];
  }
  angularPairs(view, sums, adjoints, g, true);
}

// With F_a(x, y, z) = Σ_lm b_lm Q̂_l^m(z) (c_m, s_m) of the unit vector u, b the adjoints of the sums of channel a:
//   ∂E_i/∂(r_j − r_i) = ρ u + (h − (h·u) u)/r,  h = Σ_a O_a ∇F_a,
//   ρ = Σ_p g_p O_p′ + Σ_a O_a′ F_a + Σ_{a ≤ a′} (adjoint of the self term)(O_a′ O_a + …).
template <int N>
inline void gradientRows(const TensorView& view, const TensorMemory& memory, int part, int row, int channel) {
  const ConstRows values(memory.values, part), slopes(memory.slopes, part), adjoints(memory.adjoints, part);
  const ConstRows q(memory.legendre, part), powers(memory.powers, part);
  const int block = channel * radialBlock(view), stride = memory.paddedRows, size = view.angularSize;
  Vector radial[N] = {}, h[3][N] = {};
  for (int p = 0; p < view.radialSize; p++) {
    const Vector g = adjoints[block + p];
    for (int c = 0; c < N; c++) radial[c] += g * slopes[p * stride + row + c];
  }
  if (size > 0) {
    fillAngular<N>(view, memory, part, row);
    int self = block + view.radialSize;
    for (int a = 0; a < view.angularRadial; a++) {
      for (int b = a; b < view.angularRadial; b++, self++) {
        const Vector g = adjoints[self];
        for (int c = 0; c < N; c++) {
          radial[c] += g * (slopes[a * stride + row + c] * values[b * stride + row + c] +
                            values[a * stride + row + c] * slopes[b * stride + row + c]);
        }
      }
    }
    for (int a = 0; a < view.angularRadial; a++) {
      const int first = harmonicsStart(view) + (channel * view.angularRadial + a) * harmonics(view);
      Vector f[N] = {}, byX[N] = {}, byY[N] = {}, byZ[N] = {};
      for (int m = 0; m <= size; m++) {
        // Σ_l b_lm Q̂_l^m and Σ_l b_lm Q̂_l^{m+1}
        Vector fc[N] = {}, fs[N] = {}, gc[N] = {}, gs[N] = {};
        for (int l = m > 1 ? m : 1; l <= size; l++) {
          const int place = first + harmonic(l, m), table = (l * (size + 1) + m) * N;
          const Vector bc = adjoints[place], bs = m > 0 ? adjoints[place + 1] : Vector{};
          for (int c = 0; c < N; c++) {
            fc[c] += bc * q[table + c];
            fs[c] += bs * q[table + c];
          }
          if (l == m) continue;
          for (int c = 0; c < N; c++) {
            gc[c] += bc * q[table + N + c];
            gs[c] += bs * q[table + N + c];
          }
        }
        const double order = m, factor = 2 * m + 1;
        for (int c = 0; c < N; c++) {
          const Vector cosine = powers[2 * m * N + c], sine = powers[(2 * m + 1) * N + c];
          f[c] += fc[c] * cosine + fs[c] * sine;
          byZ[c] += factor * (gc[c] * cosine + gs[c] * sine);
          if (m == 0) continue;
          const Vector cosineBelow = powers[2 * (m - 1) * N + c], sineBelow = powers[(2 * m - 1) * N + c];
          byX[c] += order * (fc[c] * cosineBelow + fs[c] * sineBelow);
          byY[c] += order * (fs[c] * cosineBelow - fc[c] * sineBelow);
        }
      }
      for (int c = 0; c < N; c++) {
        const Vector value = values[a * stride + row + c];
        radial[c] += slopes[a * stride + row + c] * f[c];
        h[0][c] += value * byX[c];
        h[1][c] += value * byY[c];
        h[2][c] += value * byZ[c];
      }
    }
  }
  const ConstRows unitX(memory.unitX, part), unitY(memory.unitY, part), unitZ(memory.unitZ, part), inverseR(memory.inverseR, part);
  const Rows gradientX(memory.gradientX, part), gradientY(memory.gradientY, part), gradientZ(memory.gradientZ, part);
  for (int c = 0; c < N; c++) {
    const int n = row + c;
    const Vector ux = unitX[n], uy = unitY[n], uz = unitZ[n];
    const Vector hx = h[0][c] * inverseR[n], hy = h[1][c] * inverseR[n], hz = h[2][c] * inverseR[n];
    const Vector along = radial[c] - (hx * ux + hy * uy + hz * uz);
    gradientX[n] += along * ux + hx;
    gradientY[n] += along * uy + hy;
    gradientZ[n] += along * uz + hz;
  }
}

// Rows of every species, several at a time.
template <int N, typename Several, typename One>
inline void eachRow(const TensorView& view, const TensorMemory& memory, Several several, One one) {
  for (int s = 0; s < view.species; s++) {
    int row = memory.rowStart[s];
    for (; row + N <= memory.rowStart[s + 1]; row += N) several(row, view.channel[s]);
    for (; row < memory.rowStart[s + 1]; row++) one(row, view.channel[s]);
  }
}

void evaluateTensorRegression(const TensorView& view, const TensorMemory& memory, bool wantGradient) {
  for (int part = 0; part < PARTS; part++) {
    const Rows sums(memory.sums, part);
    for (int k = 0; k < sumCount(view); k++) sums[k] = Vector{};
    radialPart(view, memory, part);
    eachRow<ROW_CHUNK>(
        view, memory, [&](int row, int channel) { addRows<ROW_CHUNK>(view, memory, part, row, channel); },
        [&](int row, int channel) { addRows<1>(view, memory, part, row, channel); });
    atomPart(view, memory, part, wantGradient);
    if (!wantGradient) continue;
    eachRow<2>(
        view, memory, [&](int row, int channel) { gradientRows<2>(view, memory, part, row, channel); },
        [&](int row, int channel) { gradientRows<1>(view, memory, part, row, channel); });
  }
}

}  // namespace

}  // namespace forcewright
