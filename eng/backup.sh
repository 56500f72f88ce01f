#!/usr/bin/env bash
# Saves the database of the running system into a file, and puts one back. See docs/backup.md.
#   ./eng/backup.sh save FILE       while everything runs
#   ./eng/backup.sh restore FILE    beside the database; when all of it is there, it takes its place and the system starts anew
# The database is that of './start.sh', in a container or not, or the one that DATABASE_URL names.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=eng/setup.sh
. "$ROOT/eng/setup.sh"
# shellcheck source=eng/running.sh
. "$ROOT/eng/running.sh"

# The options of docs/backup.md: owners and grants belong to a server, not to the data.
SAVE=(--format=custom --no-owner --no-privileges)
RESTORE=(--no-owner --no-privileges --exit-on-error)

usage() { sed -n '2,5s/^# //p' "$0"; }

# Sets DATABASE, and where the programs of PostgreSQL find its server.
find_database() {
  local url=${DATABASE_URL:-}
  OURS=''
  if [ -z "$url" ]; then
    is_healthy || fail 'Story Portal is not running.' "'./start.sh --detach', or name the database: DATABASE_URL=postgresql://user:password@host:port/name"
    url=$(announced DATABASE_URL)
  fi
  # The environment may have it from './start.sh --env'.
  if is_healthy && [ "$url" = "$(announced DATABASE_URL)" ]; then OURS=yes; fi
  [[ $url =~ ^postgres(ql)?://([^:@/]+):([^@/]*)@([^:/]+):([0-9]+)/([A-Za-z0-9_]+)$ ]] || fail 'DATABASE_URL is not postgresql://user:password@host:port/name.'
  # As variables: everybody can read a command line.
  export PGUSER=${BASH_REMATCH[2]} PGPASSWORD=${BASH_REMATCH[3]} PGHOST=${BASH_REMATCH[4]} PGPORT=${BASH_REMATCH[5]}
  DATABASE=${BASH_REMATCH[6]}
  CONTAINER=''
  if [ -n "$OURS" ] && [ -f "$DATA/postgres-volume" ]; then
    for runtime in docker podman; do
      if command -v "$runtime" >/dev/null; then CONTAINER=$("$runtime" ps -q --filter "volume=$(cat "$DATA/postgres-volume")" | head -n 1); fi
      if [ -n "$CONTAINER" ]; then RUNTIME=$runtime && return; fi
    done
  fi
  find_servers
}

# pg PROGRAM ARGUMENT…: in the server's own container, which has the right version and asks no password there; else that of this machine.
pg() {
  local program=$1
  shift
  if [ -n "$CONTAINER" ]; then
    "$RUNTIME" exec -i "$CONTAINER" "$program" --username="$PGUSER" "$@"
  elif [ -x "${POSTGRES_BIN:-/none}/$program" ]; then
    "$POSTGRES_BIN/$program" "$@"
  else
    "$program" "$@"
  fi
}

sql() { pg psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --dbname=postgres --command='SET client_min_messages = error' --command="$1"; }

save() {
  local file=$1
  step Save "$DATABASE"
  (umask 077 && pg pg_dump "${SAVE[@]}" --dbname="$DATABASE" >"$file.part") || { rm -f "$file.part"; fail 'It could not be saved (above).'; }
  mv "$file.part" "$file" # only a complete one ever gets this name
  step Save "$file, $(wc -c <"$file" | tr -d ' ') bytes"
}

# replace NEW BEFORE: puts the database NEW in the place of the present one, which is then called BEFORE.
replace() {
  # Whoever is connected would keep it from being renamed, and whoever came back in between as well. Both names change or neither: psql sends them as one transaction.
  sql "ALTER DATABASE $DATABASE ALLOW_CONNECTIONS false" &&
    sql "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '$DATABASE'" >/dev/null &&
    sql "ALTER DATABASE $DATABASE RENAME TO $2; ALTER DATABASE $1 RENAME TO $DATABASE"
}

restore() {
  local file=$1 new=${DATABASE}_restored before
  before=${DATABASE}_before_$(date -u +%Y%m%d%H%M%S)
  [ -r "$file" ] || fail "There is no $file."
  step Restore "$file"
  sql "DROP DATABASE IF EXISTS $new WITH (FORCE)"
  sql "CREATE DATABASE $new TEMPLATE template0"
  pg pg_restore "${RESTORE[@]}" --dbname="$new" <"$file" || {
    sql "DROP DATABASE $new WITH (FORCE)"
    fail 'It could not be restored (above); the database is as it was.'
  }
  replace "$new" "$before" || {
    sql "ALTER DATABASE $DATABASE ALLOW_CONNECTIONS true"
    sql "DROP DATABASE $new WITH (FORCE)"
    fail 'It could not take its place (above); the database is as it was.'
  }
  step Restore "done; what was there before is now the database $before"
  if [ -n "$OURS" ]; then
    # Caches and open streams know what was there before.
    "$ROOT/start.sh" --stop
    "$ROOT/start.sh" --detach
  fi
}

case "${1:-} $#" in
  'save 2') find_database && save "$2" ;;
  'restore 2') find_database && restore "$2" ;;
  '--help 1' | '-h 1') usage ;;
  *)
    usage >&2
    exit 2
    ;;
esac
