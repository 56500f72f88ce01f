#!/usr/bin/env bash
# Runs Redis (or Valkey) of this machine for the AppHost, as a cache on loopback: nothing is ever written to disk.
#   REDIS_SERVER  the program   REDIS_PORT  the port   REDIS_PASSWORD  the password   the arguments go to the server
set -euo pipefail

server=${REDIS_SERVER:?} port=${REDIS_PORT:?} password=${REDIS_PASSWORD:?}
unset REDIS_PASSWORD
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=StoryPortal.AppHost/Servers/unprivileged.sh
. "$here/unprivileged.sh"

settle_user redis valkey nobody || { echo "redis: as root, setpriv (util-linux) is needed to step down to another user." >&2; exit 1; }

# The password goes through standard input: everybody can read a command line.
unprivileged "$server" - --bind 127.0.0.1 --port "$port" --dir / --daemonize no "$@" <<<"requirepass $password"
