# shellcheck shell=bash
# Sourced: servers never run as root. Where the system is run by root (a container, CI), they step down to a user of their own.

step_down=()

# settle_user NAME…: root takes the first user that exists; anybody else stays who they are.
settle_user() {
  [ "$(id -u)" -eq 0 ] || return 0
  local user
  for user in "$@"; do
    if id "$user" >/dev/null 2>&1; then
      server_user=$user
      step_down=(setpriv --reuid="$user" --regid="$(id -g "$user")" --init-groups)
      "${step_down[@]}" true 2>/dev/null
      return
    fi
  done
  return 1
}

# hand_over FILE…: makes what root created the property of the server's user.
hand_over() {
  if [ -n "${server_user:-}" ]; then chown -R "$server_user:$(id -g "$server_user")" "$@"; fi
}

# unprivileged COMMAND…: replaces this shell; in a place that every user may stand in.
unprivileged() { cd / && exec ${step_down[@]+"${step_down[@]}"} "$@"; }
