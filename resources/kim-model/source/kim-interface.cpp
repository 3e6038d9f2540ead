// The routines that the KIM API calls (https://kim-api.readthedocs.io), by its C interface: a stand-alone portable
// model whose parameters lie in a file beside the shared library.
#include <dlfcn.h>

#include <cstdio>
#include <exception>
#include <memory>
#include <string>

extern "C" {
#include "KIM_ModelHeaders.h"
}

#include "evaluator.hpp"

namespace {

using forcewright::Evaluator;
using forcewright::ModelError;
using forcewright::Particles;
using forcewright::Potential;

constexpr char PARAMETER_FILE[] = "parameters.txt";

struct Model {
  explicit Model(const std::string& parameterFile) : potential(parameterFile) {}
  Potential potential;
  double influenceDistance = 0;
  double neighbourCutoff = 0;
  int noNeighboursOfGhosts = 1;
};

// Path of the parameter file: in the folder from which this library was loaded.
std::string parameterFilePath() {
  Dl_info info;
  if (dladdr(reinterpret_cast<const void*>(&PARAMETER_FILE), &info) == 0 || info.dli_fname == nullptr) {
    throw ModelError("the folder of the model's library cannot be found");
  }
  const std::string library = info.dli_fname;
  const std::size_t slash = library.rfind('/');
  return (slash == std::string::npos ? std::string() : library.substr(0, slash + 1)) + PARAMETER_FILE;
}

// The KIM log goes to a file that few look at; the user should see the reason where the simulator stops.
std::string announce(const std::string& sentence) {
  const std::string text = "ERROR: forcewright potential: " + sentence + ".";
  std::fflush(stdout);
  std::fprintf(stderr, "%s\n", text.c_str());
  std::fflush(stderr);
  return text;
}

// Runs `body`; a failure becomes a line on stderr, an entry in the KIM log and the return value 1.
template <typename Body, typename Log>
int guarded(Body body, Log log) {
  try {
    return body();
  } catch (const std::exception& error) {
    log(announce(error.what()).c_str());
  } catch (...) {
    log(announce("unknown failure").c_str());
  }
  return 1;
}

void require(int error, const char* what) {
  if (error) throw ModelError(std::string("the KIM API refused ") + what + ": it may be of another version than the one that the model was built for");
}

template <typename Function>
KIM_Function* pointer(Function* function) {
  return reinterpret_cast<KIM_Function*>(function);
}

int computeArgumentsCreate(KIM_ModelCompute const* const modelCompute, KIM_ModelComputeArgumentsCreate* const arguments) {
  return guarded(
      [&] {
        void* buffer = nullptr;
        KIM_ModelCompute_GetModelBufferPointer(modelCompute, &buffer);
        const auto optional = KIM_SUPPORT_STATUS_optional;
        int error = 0;
        for (const auto& name : {KIM_COMPUTE_ARGUMENT_NAME_partialEnergy, KIM_COMPUTE_ARGUMENT_NAME_partialForces,
                                 KIM_COMPUTE_ARGUMENT_NAME_partialParticleEnergy, KIM_COMPUTE_ARGUMENT_NAME_partialVirial,
                                 KIM_COMPUTE_ARGUMENT_NAME_partialParticleVirial}) {
          error |= KIM_ModelComputeArgumentsCreate_SetArgumentSupportStatus(arguments, name, optional);
        }
        require(error, "an output");
        auto evaluator = std::make_unique<Evaluator>(static_cast<Model*>(buffer)->potential);
        KIM_ModelComputeArgumentsCreate_SetModelBufferPointer(arguments, evaluator.release());
        return 0;
      },
      [&](const char* text) {
        KIM_ModelComputeArgumentsCreate_LogEntry(arguments, KIM_LOG_VERBOSITY_error, text, __LINE__, __FILE__);
      });
}

int computeArgumentsDestroy(KIM_ModelCompute const* const, KIM_ModelComputeArgumentsDestroy* const arguments) {
  void* buffer = nullptr;
  KIM_ModelComputeArgumentsDestroy_GetModelBufferPointer(arguments, &buffer);
  delete static_cast<Evaluator*>(buffer);
  return 0;
}

Particles particlesOf(KIM_ModelComputeArguments const* const arguments) {
  Particles particles;
  int* count = nullptr;
  int *species = nullptr, *contributing = nullptr;
  double* coordinates = nullptr;
  const auto integer = [&](KIM_ComputeArgumentName name, int** at) {
    require(KIM_ModelComputeArguments_GetArgumentPointerInteger(arguments, name, at), "an argument");
  };
  const auto real = [&](KIM_ComputeArgumentName name, double** at) {
    require(KIM_ModelComputeArguments_GetArgumentPointerDouble(arguments, name, at), "an argument");
  };
  integer(KIM_COMPUTE_ARGUMENT_NAME_numberOfParticles, &count);
  integer(KIM_COMPUTE_ARGUMENT_NAME_particleSpeciesCodes, &species);
  integer(KIM_COMPUTE_ARGUMENT_NAME_particleContributing, &contributing);
  real(KIM_COMPUTE_ARGUMENT_NAME_coordinates, &coordinates);
  real(KIM_COMPUTE_ARGUMENT_NAME_partialEnergy, &particles.energy);
  real(KIM_COMPUTE_ARGUMENT_NAME_partialForces, &particles.forces);
  real(KIM_COMPUTE_ARGUMENT_NAME_partialParticleEnergy, &particles.particleEnergy);
  real(KIM_COMPUTE_ARGUMENT_NAME_partialVirial, &particles.virial);
  real(KIM_COMPUTE_ARGUMENT_NAME_partialParticleVirial, &particles.particleVirial);
  if (!count || !species || !contributing || !coordinates) throw ModelError("the simulator gave no particles");
  particles.count = *count;
  particles.species = species;
  particles.contributing = contributing;
  particles.coordinates = coordinates;
  return particles;
}

int compute(KIM_ModelCompute const* const, KIM_ModelComputeArguments const* const arguments) {
  return guarded(
      [&] {
        void* buffer = nullptr;
        KIM_ModelComputeArguments_GetModelBufferPointer(arguments, &buffer);
        static_cast<Evaluator*>(buffer)->evaluate(particlesOf(arguments), [&](int particle, int& count, const int*& neighbours) {
          return KIM_ModelComputeArguments_GetNeighborList(arguments, 0, particle, &count, &neighbours) == 0;
        });
        return 0;
      },
      [&](const char* text) { KIM_ModelComputeArguments_LogEntry(arguments, KIM_LOG_VERBOSITY_error, text, __LINE__, __FILE__); });
}

int destroy(KIM_ModelDestroy* const modelDestroy) {
  void* buffer = nullptr;
  KIM_ModelDestroy_GetModelBufferPointer(modelDestroy, &buffer);
  delete static_cast<Model*>(buffer);
  return 0;
}

void registerRoutines(KIM_ModelCreate* const create) {
  const auto c = KIM_LANGUAGE_NAME_c;
  int error = 0;
  error |= KIM_ModelCreate_SetRoutinePointer(create, KIM_MODEL_ROUTINE_NAME_ComputeArgumentsCreate, c, 1, pointer(computeArgumentsCreate));
  error |= KIM_ModelCreate_SetRoutinePointer(create, KIM_MODEL_ROUTINE_NAME_ComputeArgumentsDestroy, c, 1, pointer(computeArgumentsDestroy));
  error |= KIM_ModelCreate_SetRoutinePointer(create, KIM_MODEL_ROUTINE_NAME_Compute, c, 1, pointer(compute));
  error |= KIM_ModelCreate_SetRoutinePointer(create, KIM_MODEL_ROUTINE_NAME_Destroy, c, 1, pointer(destroy));
  require(error, "the model's routines");
}

}  // namespace

extern "C" __attribute__((visibility("default"))) int forcewright_model_create(
    KIM_ModelCreate* const create, KIM_LengthUnit const, KIM_EnergyUnit const, KIM_ChargeUnit const, KIM_TemperatureUnit const,
    KIM_TimeUnit const) {
  return guarded(
      [&] {
        auto model = std::make_unique<Model>(parameterFilePath());
        model->influenceDistance = model->neighbourCutoff = model->potential.cutoff();
        require(KIM_ModelCreate_SetUnits(create, KIM_LENGTH_UNIT_A, KIM_ENERGY_UNIT_eV, KIM_CHARGE_UNIT_unused,
                                         KIM_TEMPERATURE_UNIT_unused, KIM_TIME_UNIT_unused),
                "the units Å and eV");
        require(KIM_ModelCreate_SetModelNumbering(create, KIM_NUMBERING_zeroBased), "the numbering");
        registerRoutines(create);
        int code = 0;
        for (const auto& name : model->potential.species()) {
          const KIM_SpeciesName species = KIM_SpeciesName_FromString(name.c_str());
          if (!KIM_SpeciesName_Known(species) || KIM_ModelCreate_SetSpeciesCode(create, species, code++)) {
            throw ModelError("the species " + name + " is no element that the KIM API knows");
          }
        }
        KIM_ModelCreate_SetInfluenceDistancePointer(create, &model->influenceDistance);
        KIM_ModelCreate_SetNeighborListPointers(create, 1, &model->neighbourCutoff, &model->noNeighboursOfGhosts);
        KIM_ModelCreate_SetModelBufferPointer(create, model.release());
        return 0;
      },
      [&](const char* text) { KIM_ModelCreate_LogEntry(create, KIM_LOG_VERBOSITY_error, text, __LINE__, __FILE__); });
}
