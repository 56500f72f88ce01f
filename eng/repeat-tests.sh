#!/usr/bin/env bash
# Runs tests of the built tree many times, to find those that fail by chance. One line a run; the output of a failed run is kept.
#   eng/repeat-tests.sh 30 ShutdownTests SampleDataTests    30 runs of the tests whose full name contains either; exit code 1 when one failed
#   LOAD=2 eng/repeat-tests.sh 30 …                         with two busy loops beside them
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if [ $# -lt 2 ]; then
  sed -n '2,4s/^# //p' "${BASH_SOURCE[0]}" >&2
  exit 2
fi

runs=$1
shift
tests=$ROOT/artifacts/bin/StoryPortal.Tests/debug/StoryPortal.Tests.dll
filter=$(printf '|FullyQualifiedName~%s' "$@")
logs=$ROOT/artifacts/repeat-tests/$(date +%H%M%S)-$$
mkdir -p "$logs"

busy=()
trap '[ ${#busy[@]} -eq 0 ] || kill "${busy[@]}"' EXIT
for _ in $(seq "${LOAD:-0}"); do
  (while :; do :; done) &
  busy+=($!)
done

failed=0
for run in $(seq "$runs"); do
  log=$logs/$run.log
  began=$SECONDS
  if dotnet test "$tests" --nologo --filter "(Category!=Long)&(${filter#|})" --logger 'console;verbosity=normal' </dev/null >"$log" 2>&1; then
    result=passed
    [ -n "${KEEP:-}" ] || rm "$log"
  else
    result="FAILED  $log"
    failed=$((failed + 1))
  fi
  load=$(cut -d' ' -f1 /proc/loadavg)
  printf '%s  run %d of %d  %d s  load %s  %s\n' "$(date +%T)" "$run" "$runs" $((SECONDS - began)) "$load" "$result" | tee -a "$logs/runs.log"
done

printf '%d of %d runs failed\n' "$failed" "$runs" | tee -a "$logs/runs.log"
[ "$failed" -eq 0 ]
