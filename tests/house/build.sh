# shellcheck shell=bash
# Configures and builds one of the presets, and shows only what went wrong.

# build PRESET [TARGET...]: everything, or only TARGETs.
build() {
  local preset=$1 targets=() log=build/$1.log
  shift
  (($# == 0)) || targets=(--target "$@")
  mkdir -p build
  echo "Building build/$preset (its log: $log)"
  if ! { cmake --preset "$preset" && cmake --build "build/$preset" "${targets[@]}"; } >"$log" 2>&1
  then
    grep -E -A 12 '^FAILED:|error: |CMake Error' "$log" | head -n 100
    echo "The build failed; all of it is in $log." >&2
    return 1
  fi
}
