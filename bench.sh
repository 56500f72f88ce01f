#!/usr/bin/env bash
# Measures the product side by side with its baselines; exit code 1 when an aim is missed. See docs/performance.md.
#   ./bench.sh          everything; writes artifacts/bench.json      ./bench.sh --quick  in less than three minutes
#   ./bench.sh load     a load test, as the k6 scripts in load-tests/: load [SCRIPT] [--scale 0.1] [--running]
#   ./bench.sh soak     does anything grow under a steady load: soak [--minutes 10]
#   ./bench.sh NAME…    only benchmarks whose name contains one of them: reads, ingest, cache, gateway, batch, resources, …
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=eng/setup.sh
. "$ROOT/eng/setup.sh"

case ${1:-} in
  --help | -h)
    sed -n '2,6s/^# //p' "$0"
    exit 0
    ;;
esac
[ "$(uname)" = Linux ] || fail 'The benchmark reads /proc: it runs on Linux only.' 'Run it in a container or a virtual machine.'

# program package: load generators and baselines.
tools=('wrk wrk' 'h2load nghttp2-client' 'nginx nginx-light' 'pgbench postgresql-contrib' 'psql postgresql-client')

# Ends the child programs that outlived the benchmark: a file holds the process id of each.
end_children() {
  local file
  for file in "$ROOT"/artifacts/bench/children/*; do
    [ -e "$file" ] || continue
    kill -TERM "$(basename "$file")" 2>/dev/null || :
    rm -f "$file"
  done
}

# The addresses and the key of the running system, unless the caller has set others.
case " $* " in
  *' --running '*) [ -n "${GATEWAY_URL:-}" ] || eval "$("$ROOT/start.sh" --env || echo 'exit 1')" ;;
esac

require_sdk
require_servers
PATH=$PATH:/usr/sbin:${POSTGRES_BIN:-}
require_tools "${tools[@]}"

# After an interrupted run, the files may name processes of other programs by now.
rm -rf "$ROOT/artifacts/bench/children"
build "$ROOT/StoryPortal.AppHost/StoryPortal.AppHost.csproj" -c Release
build "$ROOT/load-tests/Bench/StoryPortal.Bench.csproj" -c Release

trap end_children EXIT
dotnet "$ROOT/artifacts/bin/StoryPortal.Bench/release/StoryPortal.Bench.dll" "$@" </dev/null &
bench=$!
trap 'kill -TERM "$bench" 2>/dev/null || :' INT TERM HUP # the benchmark ends its child programs
result=0
while kill -0 "$bench" 2>/dev/null; do
  result=0
  wait "$bench" || result=$?
done
exit "$result"
