#!/usr/bin/env bash
# Measures `aggregator aws|azure|gcp summarize` against a bare scan of the same columns and DuckDB. See README.md beside this file.
set -euo pipefail

usage() {
    echo "usage: benches/cloud.sh [--data DIRECTORY] [--runs N] [--python PROGRAM] [--clouds 'aws azure gcp'] [ROWS...]" >&2
    echo "(default: 5 runs, python3, all clouds, 1000000 rows); the Python needs: duckdb (pip install duckdb)" >&2
    exit 2
}

data="" runs=5 python=python3 clouds="aws azure gcp" sizes=()
while [ $# -gt 0 ]; do
    case "$1" in
        --data) [ $# -gt 1 ] || usage; data=$2; shift 2 ;;
        --runs) [ $# -gt 1 ] || usage; runs=$2; shift 2 ;;
        --python) [ $# -gt 1 ] || usage; python=$2; shift 2 ;;
        --clouds) [ $# -gt 1 ] || usage; clouds=$2; shift 2 ;;
        ''|*[!0-9]*) usage ;;
        *) sizes+=("$1"); shift ;;
    esac
done
[ ${#sizes[@]} -gt 0 ] || sizes=(1000000)

cd "$(dirname "$0")/.."
"$python" -c 'import duckdb' || usage
# `AGGREGATOR_BENCH_BIN` names a folder with the three programs, built already.
if [ -n "${AGGREGATOR_BENCH_BIN:-}" ]; then
    aggregator=$AGGREGATOR_BENCH_BIN/aggregator examples=$AGGREGATOR_BENCH_BIN
else
    cargo build --release --locked --package aggregator-cli --package aggregator-io --bins --examples
    aggregator=${CARGO_TARGET_DIR:-target}/release/aggregator examples=${CARGO_TARGET_DIR:-target}/release/examples
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ -n "$data" ] || data=$work

scan() {
    "$examples/bare_scan" "$2" "$1" > "$work/result.json"
}

duckdb() {
    "$python" benches/cloud_duckdb.py "$1" "$2" "$work/out.parquet" > "$work/result.json"
}

summarize() {
    rm -rf "$work/out"
    "$aggregator" "$1" summarize --store "$2" --schema org1234567 --source c0000000-0000-4000-8000-000000000001 \
        --start 2026-10-01 --end 2026-10-31 --bill-month 202610 --bill-id 1 --markup 10 --enable-tags "$2/enabled_keys.txt" \
        --output "$work/out" --format json --log-level error > "$work/result.json"
}

# measure NAME CLOUD DIRECTORY: runs the function NAME, and adds wall, CPU seconds and peak MiB to its results.
measure() {
    local TIMEFORMAT='%R %U %S' wall user system peak
    { time "$1" "$2" "$3" 2> "$work/errors"; } 2> "$work/time" || { cat "$work/errors" >&2; exit 1; }
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
"$python" -c 'import duckdb; print("duckdb", duckdb.__version__)'
printf '%-6s %12s  %-10s %9s %9s %9s %12s %8s\n' cloud "line items" program "wall s" "CPU s" "peak MiB" "rows/s" "of scan"
for rows in "${sizes[@]}"; do
    for cloud in $clouds; do
        input=$data/$rows-$cloud
        if [ ! -e "$input/enabled_keys.txt" ]; then
            # The keys are written last, so a folder that has them is whole.
            rm -rf "$input"
            "$examples/generate_cloud_line_items" --cloud "$cloud" --rows "$rows" --out "$input"
        fi
        # Reads everything once, so that no program finds the files cold.
        for program in scan duckdb summarize; do measure "$program" "$cloud" "$input"; done
        rm -f "$work"/*.results
        for _ in $(seq "$runs"); do
            for program in scan duckdb summarize; do measure "$program" "$cloud" "$input"; done
        done
        base=$(median scan 2)
        for program in scan duckdb summarize; do
            awk -v cloud="$cloud" -v rows="$rows" -v program="$program" -v wall="$(median $program 1)" -v cpu="$(median $program 2)" \
                -v peak="$(median $program 3)" -v base="$base" \
                'BEGIN { printf "%-6s %12d  %-10s %9.2f %9.2f %9.0f %12.0f %8.1f\n", cloud, rows, program, wall, cpu, peak, rows / wall, cpu / base }'
        done
        [ "$data" != "$work" ] || rm -rf "$input"
    done
done
