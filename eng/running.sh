# shellcheck shell=bash
# Sourced by start.sh: what runs, and how to stop it. Needs ROOT and eng/console.sh.

DATA=${StoryPortal__DataDirectory:-.storyportal}
case $DATA in /*) ;; *) DATA=$ROOT/$DATA ;; esac
ANNOUNCED=$DATA/run/env                  # written by the AppHost while everything is healthy
FAILED=$DATA/run/failed                  # written by the AppHost when its start has failed: the resource and why
LOG=$DATA/run/apphost.log
GROUP_FILE=$DATA/run/apphost.pid         # the process group that start.sh started

# announced NAME: one value of the running system.
# shellcheck disable=SC1090 # written at run time
announced() { (unset "$1" && . "$ANNOUNCED" && eval "printf '%s' \"\${$1:-}\"") 2>/dev/null; }

# Small images have no ps.
command_of() { if [ -r "/proc/$1/cmdline" ]; then tr '\0' ' ' <"/proc/$1/cmdline"; else ps -o args= -p "$1"; fi; }
is_alive() { [ -n "$1" ] && kill -0 "$1" 2>/dev/null; }
is_apphost() { is_alive "$1" && command_of "$1" 2>/dev/null | grep -q 'StoryPortal\.AppHost'; }

# The group may outlive its first process; but a first process that is somebody else's says that the number was given out again.
group() { if [ -f "$GROUP_FILE" ]; then cat "$GROUP_FILE"; fi; }
group_is_alive() { local group; group=$(group) && [ -n "$group" ] && kill -0 -- "-$group" 2>/dev/null && { ! is_alive "$group" || is_apphost "$group"; }; }

is_healthy() { [ -f "$ANNOUNCED" ] && is_apphost "$(announced APPHOST_PID)"; }
is_running() { is_healthy || group_is_alive; }

dashboard_url() { if [ -f "$LOG" ] && group_is_alive; then sed -n 's/.*DistributedApplication\[0\] Login to the dashboard at \(http[^ "]*\).*/\1/p' "$LOG" | tail -n 1; fi; }

# Exported, for the programs that the caller starts afterwards.
print_env() {
  sed 's/^/export /' "$ANNOUNCED"
  printf "export DASHBOARD_URL='%s'\n" "$(dashboard_url)"
}

print_summary() {
  local dashboard
  dashboard=$(dashboard_url)
  printf '\n%s\n' "${BOLD}Story Portal is running.$PLAIN"
  printf '  %-11s%s\n' Gateway "$(announced GATEWAY_URL)" 'API docs' "$(announced GATEWAY_URL)/docs" \
    Dashboard "${dashboard:-its address is in the log}" 'Admin key' "$(announced ADMIN_KEY)"
  printf '  %-11s%s\n\n' Log "${LOG#"$ROOT"/}"
}

# Asks the AppHost to stop, which stops everything it started; whoever has not gone then is killed.
stop_system() {
  local apphost='' started waited=0
  if is_healthy; then apphost=$(announced APPHOST_PID); fi
  started=$(group)
  if ! is_running; then
    rm -f "$ANNOUNCED" "$GROUP_FILE"
    return 1
  fi

  step Stop 'stopping Story Portal'
  if [ -n "$apphost" ]; then kill -TERM "$apphost" 2>/dev/null || :; else kill -TERM -- "-$started" 2>/dev/null || :; fi
  while is_apphost "$apphost" || group_is_alive; do
    sleep 0.2
    waited=$((waited + 1))
    if [ "$waited" -eq 200 ]; then
      note 'it takes too long: killed'
      if [ -n "$apphost" ]; then kill -KILL "$apphost" 2>/dev/null || :; fi
      if [ -n "$started" ]; then kill -KILL -- "-$started" 2>/dev/null || :; fi
    fi
  done
  rm -f "$ANNOUNCED" "$GROUP_FILE"
  wait_until_volume_is_free
  wait_until_ports_are_free
}

# Aspire removes its containers a moment after the AppHost has ended: until then nobody else may have the data of Postgres.
wait_until_volume_is_free() {
  local runtime waited=0
  [ -f "$DATA/postgres-volume" ] || return 0
  for runtime in docker podman; do
    command -v "$runtime" >/dev/null || continue
    while [ -n "$("$runtime" ps -aq --filter "volume=$(cat "$DATA/postgres-volume")" 2>/dev/null)" ]; do
      [ "$waited" -lt 150 ] || { note "a container still uses the volume $(cat "$DATA/postgres-volume")" && return; }
      sleep 0.2
      waited=$((waited + 1))
    done
  done
}

# The ports of a normal run; those of the servers only where they are processes of this machine. Random ports cannot be taken.
ports() {
  local url
  for url in "${ASPNETCORE_URLS:-http://localhost:15080}" "${ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL:-http://localhost:15081}" \
    "${ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL:-http://localhost:15082}"; do
    printf '%s dashboard\n' "${url##*:}"
  done
  [ "${DcpPublisher__RandomizePorts:-}" != true ] || return 0
  printf '%s\n' '8009 gateway' '8443 gateway' '8010 gateway' '8012 service-hub' '8013 service-hub' '8001 data-layer'
  if servers_are_local; then printf '%s\n' '15432 postgres' '16379 redis-server'; fi
}

port_answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Who listens on a port, as far as this user may know.
holder_of() {
  local holder=''
  if command -v ss >/dev/null; then
    holder=$(ss -Hltnp "sport = :$1" 2>/dev/null | sed -n 's/.*users:(("\([^"]*\)",pid=\([0-9]*\).*/\1 (process \2)/p' | head -n 1)
  fi
  if [ -z "$holder" ] && command -v lsof >/dev/null; then
    holder=$(lsof -nP -iTCP:"$1" -sTCP:LISTEN 2>/dev/null | awk 'NR == 2 { print $1 " (process " $2 ")" }')
  fi
  echo "${holder:-another process}"
}

# Whoever was killed a moment ago gets some seconds to let go of its port.
require_free_ports() {
  local port name taken=()
  while read -r port name; do
    if ! becomes_free "$port"; then taken+=("port $port, which $name needs, is held by $(holder_of "$port")"); fi
  done < <(ports)
  [ ${#taken[@]} -eq 0 ] || fail 'Ports are in use.' "${taken[@]}" 'Stop what holds them, then try again.'
}

wait_until_ports_are_free() {
  local port name
  while read -r port name; do
    becomes_free "$port" || note "port $port of $name is still held by $(holder_of "$port")"
  done < <(ports)
}

becomes_free() {
  local attempt
  for attempt in 1 2 3 4 5 6; do
    port_answers "$1" || return 0
    if [ "$attempt" -lt 6 ]; then sleep 0.5; fi
  done
  return 1
}

# Deletes the data, its secrets, and what had to live elsewhere.
wipe_data() {
  local postgres=$DATA/postgres volume runtime
  if [ ! -e "$DATA" ]; then
    step Reset 'there is no data'
    return
  fi
  [ -e "$DATA/secrets.json" ] || [ -e "$DATA/run" ] || [ "$DATA" = "$ROOT/.storyportal" ] ||
    fail "$DATA does not look like data of Story Portal." 'Delete it by hand if it is.'
  if [ -f "$DATA/postgres-volume" ]; then
    volume=$(cat "$DATA/postgres-volume")
    for runtime in docker podman; do
      if command -v "$runtime" >/dev/null && "$runtime" volume inspect "$volume" >/dev/null 2>&1; then
        step Reset "deleting the $runtime volume $volume"
        "$runtime" volume rm "$volume" >/dev/null
      fi
    done
  fi
  if [ -L "$postgres" ]; then
    step Reset "deleting $(dirname "$(readlink "$postgres")")"
    rm -rf "$(dirname "$(readlink "$postgres")")"
  fi
  step Reset "deleting $DATA"
  rm -rf "$DATA" || fail "$DATA could not be deleted." 'Parts of it belong to another user: sudo ./start.sh --reset'
}
