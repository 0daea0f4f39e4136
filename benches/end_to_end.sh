#!/usr/bin/env bash
# Measures `aggregator ocp summarize` against a bare scan of the same columns of the same files. See README.md beside this file.
set -euo pipefail

usage() {
    echo "usage: benches/end_to_end.sh [--data DIRECTORY] [--runs N] [ROWS...]   (default: 100000 1000000)" >&2
    exit 2
}

data="" runs=5 sizes=()
while [ $# -gt 0 ]; do
    case "$1" in
        --data) [ $# -gt 1 ] || usage; data=$2; shift 2 ;;
        --runs) [ $# -gt 1 ] || usage; runs=$2; shift 2 ;;
        ''|*[!0-9]*) usage ;;
        *) sizes+=("$1"); shift ;;
    esac
done
[ ${#sizes[@]} -gt 0 ] || sizes=(100000 1000000)

cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
# `AGGREGATOR_BENCH_BIN` names a folder with the three programs, built already.
if [ -n "${AGGREGATOR_BENCH_BIN:-}" ]; then
    aggregator=$AGGREGATOR_BENCH_BIN/aggregator examples=$AGGREGATOR_BENCH_BIN
else
    cargo build --release --locked --package aggregator-cli --package aggregator-io --bins --examples
    aggregator=$target/release/aggregator examples=$target/release/examples
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ -n "$data" ] || data=$work

scan() {
    "$examples/bare_scan" "$1" > "$work/result.json"
}

summarize() {
    rm -rf "$work/out"
    "$aggregator" ocp summarize --store "$1" --schema org1234567 --source b0000000-0000-4000-8000-000000000001 \
        --start 2026-10-01 --end 2026-10-31 --cluster-id bench --reference "$1/reference.json" --output "$work/out" \
        --format json --log-level error > "$work/result.json"
}

# measure NAME DIRECTORY: runs the function NAME, and adds wall, CPU seconds and peak MiB to its results.
measure() {
    local TIMEFORMAT='%R %U %S' wall user system peak
    { time "$1" "$2" 2> "$work/errors"; } 2> "$work/time" || { cat "$work/errors" >&2; exit 1; }
    read -r wall user system < "$work/time"
    peak=$(sed -n 's/.*"peak_memory_bytes": *\([0-9]*\).*/\1/p' "$work/result.json")
    awk -v wall="$wall" -v user="$user" -v kernel="$system" -v peak="${peak:-0}" \
        'BEGIN { printf "%.3f %.3f %.1f\n", wall, user + kernel, peak / 1048576 }' >> "$work/$1.results"
}

# median NAME COLUMN
median() {
    cut -d' ' -f"$2" "$work/$1.results" | sort -n | awk '{ values[NR] = $1 } END { print values[int((NR + 1) / 2)] }'
}

echo "$(nproc) CPUs, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2> /dev/null | head -n 1), medians of $runs runs, warm page cache"
printf '%12s  %-10s %9s %9s %9s %12s %8s\n' "hourly rows" program "wall s" "CPU s" "peak MiB" "rows/s" "of scan"
for rows in "${sizes[@]}"; do
    input=$data/$rows
    if [ ! -e "$input/reference.json" ]; then
        # The reference is written last, so a folder that has one is whole.
        rm -rf "$input"
        "$examples/generate_line_items" --rows "$rows" --out "$input"
    fi
    # Reads everything once, so that neither program finds the files cold.
    measure scan "$input"
    measure summarize "$input"
    rm -f "$work"/*.results
    for _ in $(seq "$runs"); do
        measure scan "$input"
        measure summarize "$input"
    done
    base=$(median scan 2)
    for program in scan summarize; do
        awk -v rows="$rows" -v program="$program" -v wall="$(median $program 1)" -v cpu="$(median $program 2)" \
            -v peak="$(median $program 3)" -v base="$base" \
            'BEGIN { printf "%12d  %-10s %9.2f %9.2f %9.0f %12.0f %8.1f\n", rows, program, wall, cpu, peak, rows / wall, cpu / base }'
    done
    [ "$data" != "$work" ] || rm -rf "$input"
done
