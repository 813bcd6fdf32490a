// In place of the tile instructions of kernels/tiles.h: loops that do the same, for each thread.
#pragma once

#include "tests/tiles_emulated.h"

namespace iiq {
namespace {

using Tiles = EmulatedTiles;

}  // namespace
}  // namespace iiq
