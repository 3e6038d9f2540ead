#!/bin/sh
# Builds this potential's library, libkim-api-portable-model.so, in the folder of this script. Needed: cmake, make, a
# C++17 compiler and the kim-api 2.2 or newer that LAMMPS uses (Debian and Ubuntu: libkim-api-dev cmake make g++;
# conda: kim-api cmake make cxx-compiler). Arguments go to cmake: -DFORCEWRIGHT_NATIVE=ON builds for this processor only.
set -e
cd "$(dirname "$0")"
for tool in cmake make "${CXX:-c++}"; do
  if ! command -v "$tool" > /dev/null; then
    echo "build.sh: $tool is missing. Install it: apt-get install libkim-api-dev cmake make g++ (or the same from conda-forge)." >&2
    exit 1
  fi
done
# CMake and the KIM API's macros stumble over blanks, # and ; in paths: the build happens in a folder without them
build=$(mktemp -d)
case "$build" in *[!A-Za-z0-9_/.+-]*) rmdir "$build" && build=$(mktemp -d /tmp/forcewright.XXXXXX) ;; esac
trap 'rm -rf "$build"' EXIT
mkdir "$build/model"
cp -R CMakeLists.txt parameters.txt source "$build/model"
if ! cmake -S "$build/model" -B "$build/build" -DKIM_API_CMAKE_CXX_COMPILER="$(command -v "${CXX:-c++}")" \
  -DKIM_API_CMAKE_C_COMPILER="$(command -v "${CC:-cc}")" "$@" > "$build/log" 2>&1; then
  cat "$build/log" >&2
  if grep -q KIM-API-ITEMS "$build/log"; then
    echo "build.sh: the kim-api for developers is missing. Install it: apt-get install libkim-api-dev, or conda install -c conda-forge kim-api." >&2
  fi
  exit 1
fi
if ! cmake --build "$build/build" -j "${JOBS:-2}" > "$build/log" 2>&1; then
  cat "$build/log" >&2
  echo "build.sh: the compiler stopped; it must know C++17 and vector types (GCC 8 or Clang 10, or newer)." >&2
  exit 1
fi
cp "$build/build/libkim-api-portable-model.so" .
echo "Built $(pwd)/libkim-api-portable-model.so"
