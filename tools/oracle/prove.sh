#!/usr/bin/env bash
# The claim of docs/parity.md, proven on this machine: asks a real Trino koku's own SQL over our fixtures, and compares with aggregator.
#   tools/oracle/prove.sh KOKU [--sets SET,…]     KOKU: a checkout of koku; sets: hand,nise-small unless said otherwise; `all` for every set
# Needs what trino.sh needs (JDK 24 or newer, Maven, PostgreSQL), Python 3.11 and Rust. Ten minutes or so after the first download of 821 MB;
# all sets take half an hour. Stored answers are not used: they are removed before Trino is asked.
set -euo pipefail
[ $# -ge 1 ] || { sed -n '2,5s/^# \?//p' "$0"; exit 2; }
koku=$(cd "$1" && pwd)
sets=hand,nise-small
[ "${2:-}" != --sets ] || sets=${3:?--sets needs names}
cd "$(dirname "$0")/../.."
sql=$koku/koku/masu/database/trino_sql/openshift/reporting_ocpusagelineitem_daily_summary.sql
[ -f "$sql" ] || { echo "prove.sh: $sql is not there; is $koku a checkout of koku?" >&2; exit 2; }

work=${PROVE_DIR:-target/prove}
rm -rf "$work/sets"
mkdir -p "$work/sets"
step() { printf '\n== %s\n' "$*"; }

step "aggregator and Python"
cargo build --release --locked --package aggregator-cli --package aggregator-io --package aggregator-core --package aggregator-validate
binary=${CARGO_TARGET_DIR:-target}/release/aggregator
[ -x "$work/venv/bin/python" ] || python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet -r tools/oracle/requirements.txt
python=$work/venv/bin/python

step "the fixtures' inputs, without their answers"
for archive in ocp ocp-more; do zstd -dcq "fixtures/oracle/$archive.tar.zst" | tar xf - -C "$work/sets"; done
find "$work/sets" -type d -name expected -prune -exec rm -rf {} +

step "a real Trino"
tools/oracle/trino.sh start "$work/trino"
trap 'tools/oracle/trino.sh stop "$work/trino"' EXIT

failed=0
for set in "$work"/sets/ocp/*/; do
  name=$(basename "$set")
  case ",$sets," in *,all,*|*,"$name",*) ;; *) continue ;; esac
  step "$name: Trino's answers"
  "$python" tools/oracle/ask.py "$set" --sql "$sql"
  step "$name: aggregator beside them"
  "$python" tools/oracle/compare.py "$set" --binary "$binary" || failed=1
done
[ "$failed" = 0 ] || { echo "prove.sh: there are differences" >&2; exit 1; }
step "no difference"
