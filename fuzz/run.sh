#!/usr/bin/env bash
# Fuzzes each target for SECONDS (default 60), from the seeds: fuzz/run.sh [SECONDS] [TARGET…]
# Needs rustup and a C++ compiler; installs a nightly compiler and cargo-fuzz where they are missing.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
targets=("${@:2}")
[ ${#targets[@]} -gt 0 ] || targets=(archive csv manifest)

command -v rustup >/dev/null || { echo "rustup is missing: https://rustup.rs" >&2; exit 2; }
command -v c++ >/dev/null || command -v g++ >/dev/null || { echo "a C++ compiler is missing: apt-get install g++" >&2; exit 2; }
rustup run nightly rustc --version >/dev/null 2>&1 || rustup toolchain install nightly --profile minimal
PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
command -v cargo-fuzz >/dev/null || cargo install cargo-fuzz --locked --version 0.13.2

for target in "${targets[@]}"; do
  printf '\n== %s, %s s\n' "$target" "$seconds"
  # What the fuzzer finds goes into corpus/, which is not checked in; the seeds stay as they are.
  mkdir -p "fuzz/corpus/$target"
  # A part of a row may be 16 MiB, and an archive expands to 1 MiB: 512 MiB is far above what a reader may need.
  cargo +nightly fuzz run --features fuzz "$target" "fuzz/corpus/$target" "fuzz/seeds/$target" -- \
    -max_total_time="$seconds" -max_len=16384 -timeout=10 -rss_limit_mb=512 -print_final_stats=1
done
