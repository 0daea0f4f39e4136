#!/usr/bin/env bash
# A real Trino with a Hive catalog (file metastore, local files) and a PostgreSQL catalog, to ask what koku's SQL answers.
#   trino.sh start DIR     install once under DIR and start; prints TRINO=host:port and PG=dsn
#   trino.sh stop DIR
# Needs mvn, a JDK 24 or newer (TRINO_JAVA_HOME, else the newest one found) and PostgreSQL's server programs.
# The first start downloads 821 MB from Maven Central. TRINO_HEAP is the heap, 4G unless said otherwise.
set -euo pipefail

version=${TRINO_VERSION:-476}
port=${TRINO_PORT:-8088}
pgport=${TRINO_PG_PORT:-5544}

usage() { sed -n '2,6s/^# \?//p' "$0"; exit 2; }
fail() { echo "trino.sh: $1" >&2; exit 1; }

[ $# -eq 2 ] || usage
command=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd)

pgbin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1 || true)
[ -n "$pgbin" ] || fail "no PostgreSQL server; apt-get install postgresql"

# PostgreSQL refuses to run as root.
pg() {
  if [ "$(id -u)" = 0 ]; then
    id trinopg >/dev/null 2>&1 || useradd -m trinopg
    chown -R trinopg "$dir/pg"
    su trinopg -c "cd / && $*"
  else
    eval "$*"
  fi
}

major() { "$1/bin/java" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -1; }
if [ -z "${TRINO_JAVA_HOME:-}" ]; then
  for home in $(ls -d /usr/lib/jvm/*/ 2>/dev/null | sort -V); do
    [ -x "$home/bin/java" ] && [ "$(major "$home")" -ge 24 ] && TRINO_JAVA_HOME=${home%/}
  done
fi
[ -n "${TRINO_JAVA_HOME:-}" ] || fail "no JDK 24 or newer; set TRINO_JAVA_HOME"
export JAVA_HOME=$TRINO_JAVA_HOME PATH=$TRINO_JAVA_HOME/bin:$PATH

case $command in
  start) ;;
  stop)
    "$dir/server/bin/launcher" stop || true
    pg "$pgbin/pg_ctl -D $dir/pg/data -m fast stop" || true
    exit
    ;;
  *) usage ;;
esac

if [ ! -x "$dir/server/bin/launcher" ]; then
  mvn -q dependency:copy -Dartifact=io.trino:trino-server:"$version":tar.gz -DoutputDirectory="$dir" -Dmdep.useBaseVersion=true
  mkdir -p "$dir/server"
  tar xzf "$dir/trino-server-$version.tar.gz" --strip-components=1 -C "$dir/server"
  rm "$dir/trino-server-$version.tar.gz"
  for plugin in "$dir"/server/plugin/*; do
    case ${plugin##*/} in hive|postgresql|geospatial|exchange-filesystem|spooling-filesystem) ;; *) rm -rf "$plugin" ;; esac
  done
fi

etc=$dir/server/etc
mkdir -p "$etc/catalog" "$dir/data" "$dir/warehouse" "$dir/pg"
cat > "$etc/node.properties" <<P
node.environment=oracle
node.id=oracle-1
node.data-dir=$dir/data
P
cat > "$etc/config.properties" <<P
coordinator=true
node-scheduler.include-coordinator=true
http-server.http.port=$port
discovery.uri=http://127.0.0.1:$port
query.max-length=10000000
task.concurrency=2
P
cat > "$etc/jvm.config" <<P
-server
-Xmx${TRINO_HEAP:-4G}
-XX:+UseG1GC
-XX:+ExplicitGCInvokesConcurrent
-XX:-OmitStackTraceInFastThrow
-XX:ReservedCodeCacheSize=256M
-Djdk.attach.allowAttachSelf=true
-Djdk.nio.maxCachedBufferSize=2000000
-Dfile.encoding=UTF-8
--sun-misc-unsafe-memory-access=allow
--add-opens=java.base/java.nio=ALL-UNNAMED
P
# As in koku's development configuration, on local files.
cat > "$etc/catalog/hive.properties" <<P
connector.name=hive
hive.metastore=file
hive.metastore.catalog.dir=local://$dir/warehouse
fs.native-local.enabled=true
local.location=/
hive.non-managed-table-writes-enabled=true
hive.parquet.use-column-names=true
hive.storage-format=PARQUET
hive.recursive-directories=true
hive.compression-codec=SNAPPY
hive.timestamp-precision=MILLISECONDS
P
cat > "$etc/catalog/postgres.properties" <<P
connector.name=postgresql
connection-url=jdbc:postgresql://127.0.0.1:$pgport/postgres
connection-user=postgres
connection-password=unused
postgresql.array-mapping=AS_ARRAY
insert.non-transactional-insert.enabled=true
write.batch-size=10000
P

if [ ! -d "$dir/pg/data" ]; then
  pg "$pgbin/initdb -D $dir/pg/data -U postgres --auth=trust >/dev/null"
  pg "printf \"port=$pgport\nlisten_addresses='127.0.0.1'\nunix_socket_directories='$dir/pg'\n\" >> $dir/pg/data/postgresql.conf"
fi
pg "$pgbin/pg_ctl -D $dir/pg/data status >/dev/null" || pg "$pgbin/pg_ctl -D $dir/pg/data -l $dir/pg/log -w start >/dev/null"
"$dir/server/bin/launcher" status >/dev/null 2>&1 || "$dir/server/bin/launcher" start >/dev/null
for _ in $(seq 180); do
  if curl -s "http://127.0.0.1:$port/v1/info" | grep -q '"starting":false'; then
    echo "TRINO=127.0.0.1:$port"
    echo "PG=host=127.0.0.1 port=$pgport user=postgres dbname=postgres"
    exit
  fi
  sleep 1
done
fail "Trino did not start; see $dir/data/var/log/server.log"
