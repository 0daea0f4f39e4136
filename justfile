# What there is to run; `.ci/run` is what CI runs.

# All tests; brings PostgreSQL.
test *arguments:
    .ci/test {{arguments}}

# Tests, lints, format, documents, a short fuzz.
ci:
    .ci/run

# Ask a real Trino koku's SQL over our fixtures, and compare with ours: just oracle ../koku [--sets all]
oracle koku *arguments:
    tools/oracle/prove.sh {{koku}} {{arguments}}

# The inventory of docs/parity.md.
parity:
    tools/parity.py

# Fuzz the readers of payloads: just fuzz 60
fuzz seconds="60":
    fuzz/run.sh {{seconds}}

# Both end-to-end benches.
bench:
    benches/end_to_end.sh
    benches/ingest.sh
