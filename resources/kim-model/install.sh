#!/bin/sh
# Builds this potential and installs it in the KIM collection of your account, so that LAMMPS finds it from anywhere.
# Remove it with: kim-api-collections-management remove NAME
# (kim-api-collections-management install --force, called where it can see this folder as a model, removes the folder
# itself first; so it works on a copy here, from a place where no models are.)
set -e
here=$(cd "$(dirname "$0")" && pwd)
name=$(sed -n 's/^project(\([A-Za-z0-9_]*\) .*/\1/p' "$here/CMakeLists.txt")
for tool in kim-api-collections-management cmake make "${CXX:-c++}"; do
  if ! command -v "$tool" > /dev/null; then
    echo "install.sh: $tool is missing. Install it: apt-get install libkim-api-dev cmake make g++ wget (or the same from conda-forge)." >&2
    exit 1
  fi
done
if ! command -v wget > /dev/null && ! command -v curl > /dev/null; then
  echo "install.sh: kim-api-collections-management wants wget or curl, although it downloads nothing here. Install one." >&2
  exit 1
fi
work=$(mktemp -d)
case "$work" in *[!A-Za-z0-9_/.+-]*) rmdir "$work" && work=$(mktemp -d /tmp/forcewright.XXXXXX) ;; esac
trap 'rm -rf "$work"' EXIT
mkdir "$work/copy" "$work/empty"
cp -r "$here" "$work/copy/$name"
rm -f "$work/copy/$name/libkim-api-portable-model.so"
cd "$work/empty"
unset KIM_API_PORTABLE_MODELS_DIR
kim-api-collections-management install --force user "$work/copy/$name"
