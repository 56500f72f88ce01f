#!/usr/bin/env bash
# Runs PostgreSQL of this machine for the AppHost: creates the data on first use, then serves until TERM or INT.
#   POSTGRES_BIN  its programs      POSTGRES_DATA      the data folder        the arguments go to the server
#   POSTGRES_PORT the port          POSTGRES_PASSWORD  of the user postgres   POSTGRES_DATABASE  the database
set -euo pipefail
umask 077

bin=${POSTGRES_BIN:?} data=${POSTGRES_DATA:?} port=${POSTGRES_PORT:?} password=${POSTGRES_PASSWORD:?} database=${POSTGRES_DATABASE:?}
unset POSTGRES_PASSWORD
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=StoryPortal.AppHost/Servers/unprivileged.sh
. "$here/unprivileged.sh"

remedy="'./start.sh --reset' wipes the data and starts afresh."
fail() { printf 'postgres: %s\n' "$*" >&2; exit 1; }
major=$("$bin/postgres" --version | sed 's/^[^0-9]*\([0-9]*\).*/\1/')

# What the data was created with, without telling it: a salted digest beside the data, salt first.
digest_of() {
  local tool=(shasum -a 256)
  if command -v sha256sum >/dev/null; then tool=(sha256sum); fi
  printf '%s' "$1$password" | "${tool[@]}" | cut -d ' ' -f 1
}

create_data() {
  local new=$data.new salt answer
  rm -rf "$new" # what an interrupted run left
  mkdir -p "$new"
  # A file, because initdb cannot read a pipe of ours after root was dropped; within the folder it may not be.
  printf '%s\n' "$password" >"$new.password"
  hand_over "$new" "$new.password"
  echo "postgres: creating the data in $data"
  (unprivileged "$bin/initdb" --pgdata="$new" --username=postgres --pwfile="$new.password" --auth=scram-sha-256 \
    --data-checksums --encoding=UTF8 --locale="$(unicode_locale)" --no-instructions) >"$new.log" 2>&1 ||
    { cat "$new.log" >&2; rm -rf "$new" "$new.password" "$new.log"; fail "initdb failed, see above."; }
  rm -f "$new.password" "$new.log"

  # Single-user mode answers 0 whatever happens, so ask it whether the database is there.
  answer=$(printf '%s\n' "CREATE DATABASE $database" "SELECT 'database ' || 'is there' FROM pg_database WHERE datname = '$database'" |
    unprivileged "$bin/postgres" --single -D "$new" postgres 2>&1)
  case $answer in *'database is there'*) ;; *) fail "could not create the database $database: $answer" ;; esac

  salt=$$.$RANDOM$RANDOM$RANDOM
  printf '%s %s\n' "$salt" "$(digest_of "$salt")" >"$new/story-portal.digest"
  mv "$new" "$data" # only complete data ever gets this name
}

unicode_locale() {
  if locale -a 2>/dev/null | grep -qiE '^C\.utf-?8$'; then echo C.UTF-8; else echo C; fi
}

check_data() {
  local found salt digest
  found=$(cat "$data/PG_VERSION")
  [ "$found" = "$major" ] ||
    fail "the data in $data was made by PostgreSQL $found, the server here is $major ($bin). POSTGRES_BIN=… (the folder of its programs) starts PostgreSQL $found; docs/backup.md says how to move on. Or: $remedy"
  if [ -r "$data/story-portal.digest" ]; then
    read -r salt digest <"$data/story-portal.digest"
    [ "$(digest_of "$salt")" = "$digest" ] ||
      fail "the data in $data was made with another password. Set Parameters:postgres-password to the one it was, or: $remedy"
  fi
}

settle_user postgres || fail "as root, PostgreSQL needs a system user 'postgres' and setpriv (util-linux) to step down to it. Create the user, or run as another one."
mkdir -p "$(dirname "$data")"
if [ -d "$data" ] && [ ! -x "$data" ]; then fail "the data in $data belongs to another user. Run as that one, or as root: $remedy"; fi
if [ ! -e "$data" ] || rmdir "$data" 2>/dev/null; then
  create_data
elif [ -s "$data/global/pg_control" ]; then
  check_data
else
  fail "$data is not the data of PostgreSQL. Move it away, or: $remedy"
fi

extra=()
# macOS has no posix_fadvise, and before version 18 the server refuses the setting there.
if [ "$(uname)" = Darwin ] && [ "$major" -lt 18 ]; then extra=(-c effective_io_concurrency=0); fi
# The server shall not outlive this script, even if that is killed outright (Linux; elsewhere the AppHost's clean-up has to do).
tied=()
if setpriv --pdeathsig INT true 2>/dev/null; then tied=(setpriv --pdeathsig INT); fi

# INT is the server's fast shutdown, TERM waits for every client to leave; before it listens to signals only TERM ends it. So: both.
stopping='' server=''
stop() {
  stopping=yes
  if [ -n "$server" ]; then kill -TERM "$server" && kill -INT "$server"; fi 2>/dev/null || :
}
trap stop TERM INT HUP
unprivileged ${tied[@]+"${tied[@]}"} "$bin/postgres" -D "$data" -p "$port" \
  -c listen_addresses=127.0.0.1 -c unix_socket_directories= "$@" ${extra[@]+"${extra[@]}"} 2>&1 & # on stderr, the dashboard shows every line as an error
server=$!
if [ -n "$stopping" ]; then stop; fi

code=0
while kill -0 "$server" 2>/dev/null; do code=0; wait "$server" || code=$?; done
if [ -n "$stopping" ]; then exit 0; fi
exit "$code"
