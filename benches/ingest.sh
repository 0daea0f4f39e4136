#!/usr/bin/env bash
# Measures `aggregator ocp ingest` of a pod report beside a bare read and write by Polars and beside pandas. See README.md beside this file.
set -euo pipefail

usage() {
    echo "usage: benches/ingest.sh [--python PROGRAM] [--runs N] [ROWS...]   (default: python3, 5 runs, 1000000 rows)" >&2
    echo "the Python needs: polars pandas pyarrow" >&2
    exit 2
}

python=python3 runs=5 sizes=()
while [ $# -gt 0 ]; do
    case "$1" in
        --python) [ $# -gt 1 ] || usage; python=$2; shift 2 ;;
        --runs) [ $# -gt 1 ] || usage; runs=$2; shift 2 ;;
        ''|*[!0-9]*) usage ;;
        *) sizes+=("$1"); shift ;;
    esac
done
[ ${#sizes[@]} -gt 0 ] || sizes=(1000000)

cd "$(dirname "$0")/.."
"$python" -c 'import polars, pandas, pyarrow' || usage
# `AGGREGATOR_BENCH_BIN` names a folder with the program, built already.
if [ -n "${AGGREGATOR_BENCH_BIN:-}" ]; then
    aggregator=$AGGREGATOR_BENCH_BIN/aggregator
else
    cargo build --release --locked --package aggregator-cli --package aggregator-io --bins --examples
    aggregator=${CARGO_TARGET_DIR:-target}/release/aggregator
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

ingest() {
    "$aggregator" ocp ingest "$1" --store "$work/out" --schema org1234567 --source b0000000-0000-4000-8000-000000000001 \
        --format json --log-level error > "$work/result.json"
}
polars() { "$python" benches/ingest_others.py polars "$1" "$work/out" > "$work/result.json"; }
pandas() { "$python" benches/ingest_others.py pandas "$1" "$work/out" > "$work/result.json"; }

# measure NAME REPORT: runs the function NAME, and adds wall, CPU seconds and peak MiB to its results.
measure() {
    local TIMEFORMAT='%R %U %S' wall user system peak
    rm -rf "$work/out"; mkdir "$work/out"
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
"$python" -c 'import polars, pandas; print("polars", polars.__version__, "pandas", pandas.__version__)'
printf '%12s  %-10s %9s %9s %9s %12s %10s\n' "rows" program "wall s" "CPU s" "peak MiB" "rows/s" "of polars"
for rows in "${sizes[@]}"; do
    report=$work/$rows.csv
    "$python" benches/make_report.py "$rows" "$report"
    for program in polars pandas ingest; do measure "$program" "$report"; done
    rm -f "$work"/*.results
    for _ in $(seq "$runs"); do
        for program in polars pandas ingest; do measure "$program" "$report"; done
    done
    base=$(median polars 2)
    for program in polars pandas ingest; do
        awk -v rows="$rows" -v program="$program" -v wall="$(median $program 1)" -v cpu="$(median $program 2)" \
            -v peak="$(median $program 3)" -v base="$base" \
            'BEGIN { printf "%12d  %-10s %9.2f %9.2f %9.0f %12d %10.1f\n", rows, program, wall, cpu, peak, rows / wall, cpu / base }'
    done
    rm -f "$report" "$work"/*.results
done
