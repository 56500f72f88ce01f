# shellcheck shell=bash
# Sourced by start.sh, test.sh, bench.sh and .ci/run: makes a fresh machine with the .NET 10 SDK ready. Every step asks first whether there is
# anything to do, so that it costs next to nothing the second time. Needs ROOT.

# shellcheck source=eng/console.sh
. "$ROOT/eng/console.sh"
# shellcheck source=StoryPortal.AppHost/Servers/find-servers.sh
. "$ROOT/StoryPortal.AppHost/Servers/find-servers.sh"

LOGS=$ROOT/artifacts/run
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en

require_sdk() {
  command -v dotnet >/dev/null || fail 'The .NET 10 SDK is not installed.' \
    'https://dotnet.microsoft.com/download · Ubuntu: apt-get install dotnet-sdk-10.0 · macOS: brew install dotnet'
  (cd "$ROOT" && dotnet --version) >/dev/null 2>&1 || fail "The .NET 10 SDK is needed; installed: $(dotnet --list-sdks | cut -d ' ' -f 1 | tr '\n' ' ')" \
    'https://dotnet.microsoft.com/download · Ubuntu: apt-get install dotnet-sdk-10.0 · macOS: brew install dotnet'
}

container_runtime_answers() {
  local runtime
  for runtime in ${ASPIRE_CONTAINER_RUNTIME:-docker podman}; do
    if command -v "$runtime" >/dev/null && quietly "$LOGS/container-runtime.log" "$runtime" info; then return 0; fi
  done
  return 1
}

# Whether PostgreSQL and Redis will run as processes of this machine: the AppHost decides in the same way.
servers_are_local() {
  case $(printf '%s' "${StoryPortal__Servers:-auto}" | tr '[:upper:]' '[:lower:]') in
    local) return 0 ;;
    container) return 1 ;;
    *) ! container_runtime_answers ;;
  esac
}

# Installs PostgreSQL and Redis where that is possible without asking, else says what to install.
require_servers() {
  servers_are_local || return 0
  find_servers
  local missing=()
  if ! postgres_is_new_enough; then missing+=(postgresql); fi
  if [ -z "$REDIS_SERVER" ]; then missing+=(redis-server); fi
  [ ${#missing[@]} -gt 0 ] || return 0

  case $(uname) in
    Darwin) fail "Not installed: ${missing[*]}." 'brew install postgresql@18 redis' ;;
    MINGW* | MSYS* | CYGWIN*) fail 'On Windows the servers run as containers.' 'Start Docker Desktop or Podman, then try again.' ;;
  esac
  command -v apt-get >/dev/null || fail "Not installed: ${missing[*]}." \
    "Install PostgreSQL $POSTGRES_OLDEST or newer with its contrib modules, and Redis or Valkey, with the package manager of this system, or start Docker or Podman." \
    'Fedora: dnf install postgresql-server postgresql-contrib valkey · Arch: pacman -S postgresql valkey · Alpine: apk add postgresql postgresql-contrib redis'
  install_debian_packages Servers "${missing[@]}"
  find_servers
  if ! postgres_is_new_enough || [ -z "$REDIS_SERVER" ]; then fail "Installed, but not found: ${missing[*]}." 'See artifacts/run/apt.log.'; fi
}

# require_tools 'PROGRAM PACKAGE'…: installs what is missing with apt-get, else says what to install.
require_tools() {
  local entry missing=()
  for entry in "$@"; do
    if ! command -v "${entry% *}" >/dev/null; then missing+=("${entry#* }"); fi
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v apt-get >/dev/null || fail "Not installed: ${missing[*]} (names of Debian's packages)." 'Install them with the package manager of this system.'
  install_debian_packages Tools "${missing[@]}"
}

# Installs Chromium, in which the tests open the page, where that is possible without asking; elsewhere they say what they lack.
require_browser() {
  local name
  [ -z "${STORYPORTAL_CHROMIUM:-}" ] || return 0
  for name in chromium chromium-browser google-chrome google-chrome-stable; do
    if command -v "$name" >/dev/null; then return 0; fi
  done
  if ! command -v apt-get >/dev/null; then
    note 'no Chromium here: tests of the page will fail. STORYPORTAL_CHROMIUM can name the program of a Chromium or Chrome.'
    return 0
  fi
  install_debian_packages Browser chromium
}

# install_debian_packages STEP PACKAGE…: their programs only; no service is started.
install_debian_packages() {
  local step=$1 sudo=()
  shift
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "Not installed: $*." "As root: apt-get install $*"
    sudo=(sudo)
    if [ ! -t 0 ]; then sudo=(sudo -n); fi
  fi

  step "$step" "installing $* (apt-get)"
  quietly "$LOGS/apt.log" ${sudo[@]+"${sudo[@]}"} bash "$ROOT/eng/install-debian-servers.sh" "$@" || {
    tail -n 5 "$LOGS/apt.log" >&2
    fail "apt-get could not install $* (above; all of it: artifacts/run/apt.log)." "As root: apt-get update && apt-get install $*"
  }
}

# Fails where a package that is used, or one that such a package uses, is known to be vulnerable. A registry that does not tell is no failure.
require_safe_packages() {
  local log=$LOGS/vulnerable-packages.log
  step Packages 'dotnet list package --vulnerable'
  if ! quietly "$log" timeout 120 dotnet list "$ROOT/StoryPortal.sln" package --vulnerable --include-transitive || grep -qE 'NU1900|error' "$log"; then
    note 'the package registry does not tell (artifacts/run/vulnerable-packages.log): not checked'
  elif grep -q '^ *> ' "$log"; then
    grep '^ *> ' "$log" | sort -u >&2
    fail 'Packages are known to be vulnerable (above).' 'Raise them in Directory.Packages.props.'
  fi
}

# build PROJECT [OPTION…]: warnings are errors, so quiet means clean.
build() {
  step Build "$(basename "$1")"
  quietly "$LOGS/build.log" dotnet build "$@" --nologo -v quiet || {
    grep -E '(error|warning) ' "$LOGS/build.log" | sort -u | head -20 >&2 || tail -n 20 "$LOGS/build.log" >&2
    fail 'The build failed (above; all of it: artifacts/run/build.log).'
  }
}
