// How blocks of atoms are laid out.
#pragma once

namespace forcewright {

// Central atoms in a block.
constexpr int LANES = 8;

// Passes may take this many rows (neighbours) at a time: arrays are long enough for rows rounded up to a multiple.
constexpr int ROW_CHUNK = 4;

}  // namespace forcewright
