#!/usr/bin/env bash
# Finds the PostgreSQL and Redis programs of this machine. Run, it prints what it found as NAME=value lines, empty where
# there is nothing; sourced (start.sh), it gives the functions. The AppHost and start.sh ask here, so that they always agree.
set -euo pipefail

POSTGRES_OLDEST=15
POSTGRES_CHOSEN=${POSTGRES_BIN:-} # somebody's wish, before we look

# Prints the version of the PostgreSQL programs in a folder: "15.18"; nothing if it is not a complete set.
postgres_version_in() {
  [ -x "$1/postgres" ] && [ -x "$1/initdb" ] || return 0
  "$1/postgres" --version 2>/dev/null | sed -n 's/^postgres (PostgreSQL) \([0-9][0-9.]*\).*/\1/p'
}

# The folder that a program on the PATH really lies in: distributions like to link single programs.
folder_of() {
  local program target
  program=$(command -v "$1") || return 0
  while [ -L "$program" ]; do
    target=$(readlink "$program")
    case $target in /*) program=$target ;; *) program=$(dirname "$program")/$target ;; esac
  done
  dirname "$program"
}

# Sets POSTGRES_BIN and POSTGRES_VERSION to the newest PostgreSQL, or to that in POSTGRES_BIN where the environment has it, and
# REDIS_SERVER to redis-server or valkey-server.
find_servers() {
  local folder version newest=0 name folders=("$POSTGRES_CHOSEN")
  if [ -z "$POSTGRES_CHOSEN" ]; then
    folders=("$(folder_of postgres)" "$(folder_of initdb)" /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/lib64/pgsql/bin
      /usr/lib64/postgresql*/bin /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin /usr/local/pgsql/bin)
  fi
  POSTGRES_BIN='' POSTGRES_VERSION='' REDIS_SERVER=''
  for folder in "${folders[@]}"; do
    [ -n "$folder" ] || continue
    version=$(postgres_version_in "$folder")
    if [ -n "$version" ] && [ "${version%%.*}" -gt "$newest" ]; then
      newest=${version%%.*} POSTGRES_BIN=$folder POSTGRES_VERSION=$version
    fi
  done

  for name in redis-server valkey-server; do
    for folder in "$(dirname "$(command -v "$name" || echo /none/none)")" /usr/bin /usr/sbin /usr/local/bin /opt/homebrew/bin; do
      if [ -z "$REDIS_SERVER" ] && [ -x "$folder/$name" ]; then REDIS_SERVER=$folder/$name; fi
    done
  done
}

postgres_is_new_enough() { [ -n "$POSTGRES_VERSION" ] && [ "${POSTGRES_VERSION%%.*}" -ge "$POSTGRES_OLDEST" ]; }

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
  find_servers
  printf '%s\n' "POSTGRES_BIN=$POSTGRES_BIN" "POSTGRES_VERSION=$POSTGRES_VERSION" "REDIS_SERVER=$REDIS_SERVER"
fi
