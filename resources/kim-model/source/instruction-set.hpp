// Which of the variants of the kernels this processor runs.
#pragma once

namespace forcewright {

enum class InstructionSet { generic, avx, avx512 };

// The best that this processor has. FORCEWRIGHT_KERNELS=generic (or avx, avx512) asks for a slower one, to compare them.
InstructionSet bestInstructionSet();

}  // namespace forcewright
