#!/usr/bin/env bash
# As root: installs server packages on Debian or Ubuntu for their programs only. The packages would start a Redis and create and start
# a PostgreSQL cluster of their own; nobody asked for those. An installation that is already there is left as it is.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
oldest_postgres=15

apt-get update

if [[ " $* " == *' postgresql '* ]]; then
  candidate=$(apt-cache policy postgresql | sed -n 's/^ *Candidate: *\([0-9]*\).*/\1/p')
  if [ -z "$candidate" ] || [ "$candidate" -lt "$oldest_postgres" ]; then
    echo "This release offers PostgreSQL ${candidate:-none}; $oldest_postgres or newer is needed: see https://wiki.postgresql.org/wiki/Apt, or start Docker or Podman."
    exit 1
  fi
fi

policy=/usr/sbin/policy-rc.d cluster=/etc/postgresql-common/createcluster.d/story-portal.conf
ours=()
trap 'rm -f ${ours[@]+"${ours[@]}"}' EXIT
if [ ! -e "$policy" ]; then
  ours+=("$policy")
  printf '#!/bin/sh\nexit 101\n' >"$policy" # 101: no service is to be started now
  chmod 755 "$policy"
fi
mkdir -p "$(dirname "$cluster")"
ours+=("$cluster")
echo 'create_main_cluster = false' >"$cluster"

had_prometheus=$(dpkg-query -W -f '${Status}' prometheus 2>/dev/null || :)
had_redis=$(dpkg-query -W -f '${Status}' redis-server 2>/dev/null || :)
apt-get install -y --no-install-recommends "$@"

# Nor at the next start of the machine.
if [ -z "$had_redis" ] && [[ " $* " == *' redis-server '* ]] && command -v systemctl >/dev/null; then
  systemctl disable redis-server || echo 'redis-server stays enabled.'
fi
if [ -z "$had_prometheus" ] && [[ " $* " == *' prometheus '* ]] && command -v systemctl >/dev/null; then
  systemctl disable prometheus || echo 'prometheus stays enabled.'
fi
