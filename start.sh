#!/usr/bin/env bash
# Sets up, builds and runs Story Portal on this machine. See --help.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=eng/setup.sh
. "$ROOT/eng/setup.sh"
# shellcheck source=eng/running.sh
. "$ROOT/eng/running.sh"

usage() {
  cat <<'END'
./start.sh             sets up what is missing, builds, starts everything; Ctrl+C stops it
./start.sh --detach    the same, and returns when everything is healthy
                       (both with --no-build: what was built before is started)
./start.sh --stop      stops everything and keeps the data
./start.sh --reset     stops everything and deletes the data and its secrets
./start.sh --env       prints the addresses and keys of the running system: eval "$(./start.sh --env)"

Settings, from the environment:
  StoryPortal__Servers        auto (default), container or local: where PostgreSQL and Redis run
  StoryPortal__DataDirectory  where the data lies (default: .storyportal)
  StoryPortal__Hubs           how many service hubs (default: 1)
END
}

start() {
  # The environment may name other addresses for the dashboard than the launch profile.
  local profile=(--launch-profile http)
  if [ -n "${ASPNETCORE_URLS:-}" ]; then profile=(--no-launch-profile); fi
  mkdir -p "$DATA/run"
  rm -f "$ANNOUNCED" "$FAILED"
  create_private_file "$LOG" # the address of the Aspire dashboard in it has a token
  step Start 'starting Story Portal'
  # A process group of its own, which a Ctrl+C in this terminal does not reach: start.sh stops it in order.
  set -m
  (cd "$ROOT" && exec nohup dotnet run --project StoryPortal.AppHost --no-build "${profile[@]}") >>"$LOG" 2>&1 </dev/null &
  APPHOST=$!
  set +m
  echo "$APPHOST" >"$GROUP_FILE"
}

# Shows each resource as it becomes healthy, until the AppHost says that all are or which of them failed. The AppHost has the deadline.
wait_until_healthy() {
  local shown=0 name
  while ! is_healthy; do
    while read -r name; do
      note "${GREEN}healthy$PLAIN  $name"
      shown=$((shown + 1))
    done < <(sed -n 's/.*StartMonitor\[1\] \(.*\) is healthy$/\1/p' "$LOG" | tail -n "+$((shown + 1))")
    if [ -f "$FAILED" ]; then give_up "$(head -n 1 "$FAILED")" "$(tail -n +2 "$FAILED")"; fi
    is_alive "$APPHOST" || give_up 'The AppHost ended while it started.' "$(tail -n 12 "$LOG")"
    sleep 0.2
  done
  for _ in $(seq 25); do
    [ -z "$(dashboard_url)" ] || return 0
    sleep 0.2
  done
}

# give_up MESSAGE LINES: shows the last lines of the resource, and leaves nothing behind.
give_up() {
  printf '%s\n' "$2" >&2
  trap - EXIT
  stop_system || :
  fail "$1" "Its last lines are above, all of them in ${LOG#"$ROOT"/}." \
    "Remedy: if the lines name none, './start.sh' again; './start.sh --reset' starts over with empty data."
}

run() {
  if is_healthy; then
    step Start 'Story Portal is already running; ./start.sh --stop stops it'
    print_summary
    return
  fi
  stop_system || : # a start that was never completed

  require_sdk
  require_servers
  require_free_ports
  if [ -z "$NO_BUILD" ]; then build "$ROOT/StoryPortal.AppHost/StoryPortal.AppHost.csproj"; fi

  trap 'trap - EXIT; stop_system || :' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  start
  wait_until_healthy
  print_summary
  if [ "$1" = detached ]; then
    trap - EXIT
    return
  fi

  note 'Ctrl+C stops it.'
  wait "$APPHOST" || :
  trap - EXIT
  rm -f "$GROUP_FILE"
  give_up_if_crashed
}

# In the foreground, an AppHost that ends without being asked to is a failure; its own "Stopped" is not.
give_up_if_crashed() {
  if [ -f "$ANNOUNCED" ]; then
    tail -n 12 "$LOG" >&2
    rm -f "$ANNOUNCED"
    fail 'The AppHost ended unexpectedly.' "All of its log: ${LOG#"$ROOT"/}"
  fi
}

stop() {
  if stop_system; then step Stop 'stopped; the data is kept'; else step Stop 'nothing was running'; fi
}

NO_BUILD=''
if [ "${!#}" = --no-build ]; then
  NO_BUILD=yes
  set -- "${@:1:$#-1}"
fi

case ${1:-} in
  '') run attached ;;
  --detach) run detached ;;
  --stop) stop ;;
  --reset)
    stop
    wipe_data
    ;;
  --env)
    is_healthy || fail 'Story Portal is not running.' './start.sh --detach'
    print_env
    ;;
  --help | -h) usage ;;
  *)
    usage >&2
    exit 2
    ;;
esac
