/*
 * Evaluates an isolated cluster with a portable model of the KIM API, without any simulator:
 *   kim-driver MODEL < "count, then per atom: element x y z"  (Å)  →  energy, then per atom: energy fx fy fz  (eV, eV/Å)
 */
#include <stdio.h>
#include <stdlib.h>
#include "KIM_SimulatorHeaders.h"

#define MOST 256

struct neighbours {
  int counts[MOST];
  int lists[MOST][MOST];
};

static void check(int failed, const char* what) {
  if (!failed) return;
  fprintf(stderr, "%s failed\n", what);
  exit(1);
}

static int getNeighbours(void* const data, int const listCount, double const* const cutoffs, int const list,
                         int const particle, int* const count, int const** const neighbours) {
  struct neighbours* all = (struct neighbours*)data;
  (void)cutoffs;
  if (listCount != 1 || list != 0 || particle < 0 || particle >= MOST) return 1;
  *count = all->counts[particle];
  *neighbours = all->lists[particle];
  return 0;
}

int main(int argc, char** argv) {
  static struct neighbours all;
  static double coordinates[3 * MOST], forces[3 * MOST], energies[MOST];
  static int species[MOST], contributing[MOST];
  double energy = 0;
  int count = 0, accepted = 0, lists = 0;
  double const* cutoffs = NULL;
  int const* hints = NULL;
  KIM_Model* model = NULL;
  KIM_ComputeArguments* arguments = NULL;
  check(argc != 2 || scanf("%d", &count) != 1 || count < 1 || count > MOST, "reading the number of atoms");
  check(KIM_Model_Create(KIM_NUMBERING_zeroBased, KIM_LENGTH_UNIT_A, KIM_ENERGY_UNIT_eV, KIM_CHARGE_UNIT_e,
                         KIM_TEMPERATURE_UNIT_K, KIM_TIME_UNIT_ps, argv[1], &accepted, &model) || !accepted,
        "KIM_Model_Create");
  for (int i = 0; i < count; i++) {
    char name[8];
    int supported = 0;
    double* r = coordinates + 3 * i;
    check(scanf("%7s %lf %lf %lf", name, r, r + 1, r + 2) != 4, "reading an atom");
    check(KIM_Model_GetSpeciesSupportAndCode(model, KIM_SpeciesName_FromString(name), &supported, &species[i]) || !supported,
          "KIM_Model_GetSpeciesSupportAndCode");
    contributing[i] = 1;
  }
  KIM_Model_GetNeighborListPointers(model, &lists, &cutoffs, &hints);
  check(lists != 1, "one neighbour list");
  for (int i = 0; i < count; i++) {
    for (int j = 0; j < count; j++) {
      double square = 0;
      for (int axis = 0; axis < 3; axis++) {
        const double d = coordinates[3 * j + axis] - coordinates[3 * i + axis];
        square += d * d;
      }
      if (i != j && square <= cutoffs[0] * cutoffs[0]) all.lists[i][all.counts[i]++] = j;
    }
  }
  check(KIM_Model_ComputeArgumentsCreate(model, &arguments), "KIM_Model_ComputeArgumentsCreate");
  check(KIM_ComputeArguments_SetArgumentPointerInteger(arguments, KIM_COMPUTE_ARGUMENT_NAME_numberOfParticles, &count) ||
            KIM_ComputeArguments_SetArgumentPointerInteger(arguments, KIM_COMPUTE_ARGUMENT_NAME_particleSpeciesCodes, species) ||
            KIM_ComputeArguments_SetArgumentPointerInteger(arguments, KIM_COMPUTE_ARGUMENT_NAME_particleContributing,
                                                           contributing) ||
            KIM_ComputeArguments_SetArgumentPointerDouble(arguments, KIM_COMPUTE_ARGUMENT_NAME_coordinates, coordinates) ||
            KIM_ComputeArguments_SetArgumentPointerDouble(arguments, KIM_COMPUTE_ARGUMENT_NAME_partialEnergy, &energy) ||
            KIM_ComputeArguments_SetArgumentPointerDouble(arguments, KIM_COMPUTE_ARGUMENT_NAME_partialForces, forces) ||
            KIM_ComputeArguments_SetArgumentPointerDouble(arguments, KIM_COMPUTE_ARGUMENT_NAME_partialParticleEnergy, energies) ||
            KIM_ComputeArguments_SetCallbackPointer(arguments, KIM_COMPUTE_CALLBACK_NAME_GetNeighborList,
                                                    KIM_LANGUAGE_NAME_c, (KIM_Function*)getNeighbours, &all),
        "setting an argument");
  check(KIM_Model_Compute(model, arguments), "KIM_Model_Compute");
  printf("%.17g\n", energy);
  for (int i = 0; i < count; i++)
    printf("%.17g %.17g %.17g %.17g\n", energies[i], forces[3 * i], forces[3 * i + 1], forces[3 * i + 2]);
  KIM_Model_ComputeArgumentsDestroy(model, &arguments);
  KIM_Model_Destroy(&model);
  return 0;
}
