#!/usr/bin/env bash
# Sets up, builds and runs the tests. The last line is "N passed, N failed, N skipped".
#   ./test.sh              everything but the long tests      ./test.sh --all      with the long ones, of what is shipped: some measure
#   ./test.sh Agents Json  tests whose full name contains either  ./test.sh 'Category=Fault&FullyQualifiedName~Redis'
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=eng/setup.sh
. "$ROOT/eng/setup.sh"

filter='Category!=Long'
configuration=Debug
chosen=''
for argument in "$@"; do
  case $argument in
    --all)
      export STORYPORTAL_TESTS=all
      filter=''
      configuration=Release
      ;;
    --help | -h)
      sed -n '2,4s/^# //p' "$0"
      exit 0
      ;;
    *[=~]*) chosen="${chosen:+$chosen|}($argument)" ;;
    *) chosen="${chosen:+$chosen|}(FullyQualifiedName~$argument)" ;;
  esac
done
chosen=${chosen:+($chosen)}
filter=${filter:+$filter${chosen:+&}}$chosen

require_sdk
require_servers
require_browser
require_tools 'promtool prometheus' 'nginx nginx-light'
build "$ROOT/StoryPortal.sln" -c "$configuration"

results=$ROOT/artifacts/test-results
rm -rf "$results"
step Test "${filter:-all tests}"
failed=0
dotnet test "$ROOT/StoryPortal.sln" -c "$configuration" --no-build --nologo ${filter:+--filter "$filter"} --results-directory "$results" --logger trx \
  --logger 'console;verbosity=minimal' --blame-hang-timeout 10m --blame-hang-dump-type none </dev/null || failed=$?

# The sum over all test assemblies. In a .trx, a skipped test is one of the total that was not executed.
counted=$(cat "$results"/*.trx 2>/dev/null | grep -o '<Counters [^>]*>' | sed 's/.*total="\([0-9]*\)" executed="\([0-9]*\)" passed="\([0-9]*\)".*/\1 \2 \3/' |
  awk '{ total += $1; executed += $2; passed += $3 } END { printf "%d passed, %d failed, %d skipped", passed, executed - passed, total - executed }')
case $counted in
  '0 passed, 0 failed, '*)
    [ "$failed" -ne 0 ] || failed=1
    echo 'No test ran.' >&2
    ;;
  *' 0 failed, '*) ;;
  *) [ "$failed" -ne 0 ] || failed=1 ;;
esac
echo "$counted"
exit "$failed"
