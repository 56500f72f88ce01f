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
  mkdir -p "$LOGS"
  rm -f "$ANNOUNCED" "$DATA/run/failed"
  step Start 'starting Story Portal'
  # A process group of its own, which a Ctrl+C in this terminal does not reach: we stop it in order.
  set -m
  (cd "$ROOT" && exec nohup dotnet run --project StoryPortal.AppHost --no-build --launch-profile http) >"$LOG" 2>&1 </dev/null &
  APPHOST=$!
  set +m
  echo "$APPHOST" >"$GROUP_FILE"
}

# ready PORT: whether the service there says that it is ready.
ready() {
  local status=''
  { exec 3<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null || return 1
  printf 'GET /health/ready HTTP/1.0\r\nHost: localhost\r\n\r\n' >&3
  read -r -t 2 status <&3 || :
  exec 3>&-
  case $status in *' 200 '*) return 0 ;; *) return 1 ;; esac
}

# Shows each part as it becomes ready, until the AppHost says that everything is.
wait_until_healthy() {
  local waiting=() still entry name check since=$SECONDS patience=120
  if servers_are_local; then waiting+=('postgres:port_answers 15432' 'redis-server:port_answers 16379'); else patience=600; fi # images to pull
  waiting+=('data-layer:ready 8001' 'service-hub:ready 8012' 'gateway:ready 8009')

  while ! is_healthy; do
    still=()
    for entry in ${waiting[@]+"${waiting[@]}"}; do
      name=${entry%%:*} check=${entry#*:}
      if $check; then note "${GREEN}ready$PLAIN  $name"; else still+=("$entry"); fi
    done
    waiting=(${still[@]+"${still[@]}"})
    name=${waiting[0]-gateway}
    name=${name%%:*}
    if [ -f "$DATA/run/failed" ]; then give_up "$(cat "$DATA/run/failed")" "$(cut -d ' ' -f 1 "$DATA/run/failed")"; fi
    is_alive "$APPHOST" || give_up "The AppHost ended while it waited for $name." "$name"
    [ $((SECONDS - since)) -lt "$patience" ] || give_up "$name was not ready after $patience s." "$name"
    sleep 0.2
  done

  # The dashboard is there a moment later, if there is one.
  for _ in $(seq 25); do
    if [ -n "$(dashboard_url)" ] || grep -qi 'no dashboard\|dashboard ended' "$LOG"; then break; fi
    sleep 0.2
  done
}

# give_up MESSAGE RESOURCE: shows the last that was heard of it, and leaves nothing behind.
give_up() {
  { grep -F ".Resources.$2[" "$LOG" || cat "$LOG"; } | tail -n 12 | sed 's/^.*\.Resources\.\([^[]*\)\[[0-9]*\]/[\1]/' >&2
  trap - EXIT
  stop_system || :
  fail "$1" "Its last lines are above, all of them in ${LOG#"$ROOT"/}." \
    "Remedy: if the message names none, './start.sh' again; './start.sh --reset' starts over with empty data."
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
  build "$ROOT/StoryPortal.AppHost/StoryPortal.AppHost.csproj"

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
