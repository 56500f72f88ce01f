# shellcheck shell=bash
# Sourced: how start.sh, test.sh and .ci/run speak to people. Steps go to stderr, so that --env and the test results stay clean.

# shellcheck disable=SC2034 # those who source this use them
if [ -t 2 ]; then
  BOLD=$(printf '\033[1m') DIM=$(printf '\033[2m') RED=$(printf '\033[31m') GREEN=$(printf '\033[32m') PLAIN=$(printf '\033[0m')
else
  BOLD='' DIM='' RED='' GREEN='' PLAIN=''
fi

# step NAME MESSAGE: one aligned line of progress.
step() { printf '%s%-10s%s %s\n' "$BOLD" "$1" "$PLAIN" "$2" >&2; }
note() { printf '%-10s %s%s%s\n' '' "$DIM" "$*" "$PLAIN" >&2; }

# fail WHAT REMEDY…: what went wrong, then what to do about it, one line each.
fail() {
  printf '%s%-10s %s%s\n' "$RED" 'failed' "$1" "$PLAIN" >&2
  shift
  for line in "$@"; do printf '%-10s %s\n' '' "$line" >&2; done
  exit 1
}

# create_private_file FILE: an empty file that only its owner can read. A log may hold a secret, and an older file keeps its mode.
create_private_file() {
  rm -f "$1"
  (umask 077 && : >"$1")
}

# quietly LOG COMMAND…: runs with its output in a file.
quietly() {
  local log=$1
  shift
  mkdir -p "$(dirname "$log")"
  create_private_file "$log"
  "$@" >>"$log" 2>&1 </dev/null
}
