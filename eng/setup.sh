# shellcheck shell=bash
# Sourced by start.sh, test.sh, bench.sh and .ci/run: makes a fresh machine with the .NET 10 SDK ready. Every step asks first whether there is
# anything to do, so that it costs next to nothing the second time. Needs ROOT.

# shellcheck source=eng/console.sh
. "$ROOT/eng/console.sh"
# shellcheck source=StoryPortal.AppHost/Servers/find-servers.sh
. "$ROOT/StoryPortal.AppHost/Servers/find-servers.sh"

LOGS=$ROOT/artifacts/run
ASPIRE_PROPS=$ROOT/artifacts/aspire-source.props
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en

require_sdk() {
  command -v dotnet >/dev/null || fail 'The .NET 10 SDK is not installed.' \
    'https://dotnet.microsoft.com/download · Ubuntu: apt-get install dotnet-sdk-10.0 · macOS: brew install dotnet'
  (cd "$ROOT" && dotnet --version) >/dev/null 2>&1 || fail "The .NET 10 SDK is needed; installed: $(dotnet --list-sdks | cut -d ' ' -f 1 | tr '\n' ' ')" \
    'https://dotnet.microsoft.com/download · Ubuntu: apt-get install dotnet-sdk-10.0 · macOS: brew install dotnet'
}

# Sets ASPIRE_SOURCE: NuGet, or StandIn where the registry has no Aspire packages (docs/adr/0001-aspire-stand-in.md). Asked once per checkout.
choose_aspire_source() {
  ASPIRE_SOURCE=${AspireSource:-}
  [ -z "$ASPIRE_SOURCE" ] || return 0 # the environment's word counts, for MSBuild as well
  if [ -f "$ASPIRE_PROPS" ]; then
    ASPIRE_SOURCE=$(sed -n 's/.*<AspireSource[^>]*>\([A-Za-z]*\)<.*/\1/p' "$ASPIRE_PROPS")
    [ -z "$ASPIRE_SOURCE" ] || return 0
  fi

  local probe=$ROOT/artifacts/aspire-probe version
  version=$(sed -n 's/.*<AspireVersion>\(.*\)<\/AspireVersion>.*/\1/p' "$ROOT/Directory.Packages.props")
  step Aspire "asking the package registry for Aspire $version (once)"
  mkdir -p "$probe"
  echo '<Project />' | tee "$probe/Directory.Build.props" "$probe/Directory.Build.targets" >"$probe/Directory.Packages.props"
  cat >"$probe/Probe.csproj" <<END
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
  <ItemGroup>
    <PackageDownload Include="Aspire.AppHost.Sdk;Aspire.Hosting;Aspire.Hosting.PostgreSQL;Aspire.Hosting.Redis;Aspire.Hosting.Testing" Version="[$version]" />
    <PackageDownload Include="Aspire.Npgsql;Aspire.StackExchange.Redis" Version="[$version]" />
  </ItemGroup>
</Project>
END
  if quietly "$probe/restore.log" dotnet restore "$probe/Probe.csproj"; then
    ASPIRE_SOURCE=NuGet
  elif grep -qE 'NU110[123]' "$probe/restore.log" && ! grep -q 'NU1301' "$probe/restore.log"; then
    ASPIRE_SOURCE=StandIn # not there: another try would not help, unlike after a failure of the network
    note "not there: eng/aspire-standin/ takes its place"
  else
    grep -E 'error|warn' "$probe/restore.log" | sort -u | head -5 >&2 || cat "$probe/restore.log" >&2
    fail 'The packages could not be restored (above).' 'Check the network and the NuGet sources (dotnet nuget list source), then try again.'
  fi

  cat >"$ASPIRE_PROPS" <<END
<Project>
  <PropertyGroup>
    <AspireSource Condition="'\$(AspireSource)' == ''">$ASPIRE_SOURCE</AspireSource>
  </PropertyGroup>
</Project>
END
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
    *) [ "$ASPIRE_SOURCE" = StandIn ] || ! container_runtime_answers ;;
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

# The Aspire dashboard comes with Aspire's packages; with the stand-in, from the Aspire CLI where npm can fetch it.
offer_dashboard() {
  [ "$ASPIRE_SOURCE" = StandIn ] || return 0
  local folder=$ROOT/artifacts/aspire-cli version platform
  [ ! -e "$folder/settled" ] || return 0
  version=$(sed -n 's/.*<AspireVersion>\(.*\)<\/AspireVersion>.*/\1/p' "$ROOT/Directory.Packages.props")
  case $(uname) in Darwin) platform=osx ;; *) platform=linux ;; esac
  case $(uname -m) in arm64 | aarch64) platform=$platform-arm64 ;; *) platform=$platform-x64 ;; esac

  mkdir -p "$folder"
  step Dashboard "fetching the Aspire CLI with npm (once)"
  if command -v npm >/dev/null &&
    quietly "$LOGS/npm.log" npm install --prefix "$folder" --no-audit --no-fund --no-save --loglevel=error "@microsoft/aspire-cli-$platform@$version"; then
    : >"$folder/settled"
  else
    note 'no npm, or it could not fetch it (artifacts/run/npm.log): everything works, without the dashboard'
  fi
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
