// Written by the generator (src-compute/programs/cpp/print.ts): the functional forms of this model that are programs.
// Included by program-kernels-body.hpp only, once for each instruction set.
#define FORCEWRIGHT_PROGRAM_LIST X(Program0) X(Program1)
struct Program0 {
static constexpr int REACH = 0;
static constexpr int SUMS_AT = -1, ADJOINTS_AT = -1;
static constexpr bool QUIET = false;
static void neighbour(Vector x, Vector y, Vector z, const double* pair, FieldRows fields, Rows sums) {
  const Vector v0 = x * x + y * y + z * z;
  const Vector v1 = root(v0);
  const Vector v2 = (splat(1.0) / v1);
  const Vector v3 = (v1 * splat(pair[1]));
  const Vector v4 = exponential((v3 * splat(-0.20162)));
  const Vector v5 = exponential((v3 * splat(-0.4029)));
  const Vector v6 = exponential((v3 * splat(-0.94229)));
  const Vector v7 = exponential((v3 * splat(-3.1998)));
  const Vector v8 = (splat(pair[2]) * v2);
  const Vector v9 = (v8 * ((((splat(0.0) + (splat(0.02817) * v4)) + (splat(0.28022) * v5)) + (splat(0.50986) * v6)) + (splat(0.18175) * v7)));
  const Vector v10 = greatest((v1 - splat(pair[3])), splat(0.0));
  const Vector v11 = (v10 * v10);
  const Vector v12 = splat(pair[4]);
  const Vector v13 = (splat(pair[5]) * v10);
  const Vector v14 = splat(pair[0]);
  const Vector v15 = choose(v1 < v14, ((v9 + ((v11 * v10) * ((v12 * splat(0.3333333333333333)) + (v13 * splat(0.25))))) + splat(pair[6])), splat(0.0));
  sums[0] = (sums[0] + v15);
  const Vector v16 = choose(v1 < v14, ((((v8 * (((((splat(0.0) + (splat(-0.0056796354) * v4)) + (splat(-0.112900638) * v5)) + (splat(-0.48043597939999994) * v6)) + (splat(-0.58156365) * v7)) * splat(pair[1]))) - (v9 * v2)) + (v11 * (v12 + v13))) * v2), splat(0.0));
  fields[0] = v16;
}
static Vector atom(ConstRows sums, Rows adjoints, Rows work, const double* numbers, const ProgramTable* tables) {
  (void)work, (void)numbers, (void)tables;
  adjoints[0] = splat(0.5);
  const Vector v0 = (sums[0] * splat(0.5));
  return v0;
}
static void gradient(Vector x, Vector y, Vector z, const double* pair, FieldRows fields, ConstRows adjoints, Vector& gx, Vector& gy,
                     Vector& gz) {
  (void)pair;
  const Vector v0 = x * x + y * y + z * z;
  const Vector v1 = (adjoints[0] * fields[0]);
  const Vector v2 = (x * v1);
  const Vector v3 = (y * v1);
  const Vector v4 = (z * v1);
  gx += v2;
  gy += v3;
  gz += v4;
}
};
struct Program1 {
static constexpr int REACH = 0;
static constexpr int SUMS_AT = -1, ADJOINTS_AT = -1;
static constexpr bool QUIET = true;
static void neighbour(Vector x, Vector y, Vector z, const double* pair, FieldRows fields, Rows sums) {
  const Vector v0 = x * x + y * y + z * z;
  const Vector v1 = splat(pair[1]);
  const Vector v2 = greatest((splat(1.0) - (v0 * v1)), splat(0.0));
  const Vector v3 = (v2 * v2);
  sums[0] = (sums[0] + (v3 * v2));
  fields[0] = ((v3 * v1) * splat(-6.0));
}
static Vector atom(ConstRows sums, Rows adjoints, Rows work, const double* numbers, const ProgramTable* tables) {
  (void)work, (void)numbers, (void)tables;
  const Vector v0 = splat(numbers[0]);
  const Vector v1 = greatest(((sums[0] * v0) - splat(1.0)), splat(0.0));
  const Vector v2 = splat(numbers[1]);
  const Vector v3 = splat(numbers[2]);
  const Vector v4 = splat(numbers[3]);
  const Vector v5 = splat(numbers[4]);
  const Vector v6 = splat(numbers[5]);
  const Vector v7 = splat(numbers[6]);
  const Vector v8 = splat(numbers[7]);
  const Vector v9 = splat(numbers[8]);
  const Vector v10 = splat(numbers[9]);
  const Vector v11 = splat(numbers[10]);
  const Vector v12 = splat(numbers[11]);
  const Vector v13 = splat(numbers[12]);
  const Vector v14 = splat(numbers[13]);
  const Vector v15 = splat(numbers[14]);
  const Vector v16 = (v1 * v1);
  const Vector v17 = ((v16 * v1) * ((((((((((((((((((((((((((v15 * v1) + v14) * v1) + v13) * v1) + v12) * v1) + v11) * v1) + v10) * v1) + v9) * v1) + v8) * v1) + v7) * v1) + v6) * v1) + v5) * v1) + v4) * v1) + v3) * v1) + v2));
  adjoints[0] = ((v16 * (((((((((((((((((((((((((((v15 * splat(16.0)) * v1) + (v14 * splat(15.0))) * v1) + (v13 * splat(14.0))) * v1) + (v12 * splat(13.0))) * v1) + (v11 * splat(12.0))) * v1) + (v10 * splat(11.0))) * v1) + (v9 * splat(10.0))) * v1) + (v8 * splat(9.0))) * v1) + (v7 * splat(8.0))) * v1) + (v6 * splat(7.0))) * v1) + (v5 * splat(6.0))) * v1) + (v4 * splat(5.0))) * v1) + (v3 * splat(4.0))) * v1) + (v2 * splat(3.0)))) * v0);
  return v17;
}
static void gradient(Vector x, Vector y, Vector z, const double* pair, FieldRows fields, ConstRows adjoints, Vector& gx, Vector& gy,
                     Vector& gz) {
  (void)pair;
  const Vector v0 = x * x + y * y + z * z;
  const Vector v1 = (adjoints[0] * fields[0]);
  const Vector v2 = (x * v1);
  const Vector v3 = (y * v1);
  const Vector v4 = (z * v1);
  gx += v2;
  gy += v3;
  gz += v4;
}
};
