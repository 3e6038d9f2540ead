#include "instruction-set.hpp"

#include <cstdlib>
#include <string>

namespace forcewright {

InstructionSet bestInstructionSet() {
#ifdef FORCEWRIGHT_X86_VARIANTS
  const char* variable = std::getenv("FORCEWRIGHT_KERNELS");
  const std::string wanted = variable ? variable : "";
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && (wanted.empty() || wanted == "avx512")) return InstructionSet::avx512;
  if (__builtin_cpu_supports("avx") && __builtin_cpu_supports("fma") && wanted != "generic") return InstructionSet::avx;
#endif
  return InstructionSet::generic;
}

}  // namespace forcewright
