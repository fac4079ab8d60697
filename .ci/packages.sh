# Functions for the scripts in this directory, which get Debian's packages. Sourced, not run.
#
# Some packages are of another release of Debian or of another processor than this machine. A private apt, with lists and
# state of its own, gets these; this machine's apt is not changed. What is made of them is kept in $cache, outside of the
# tree.
shopt -s inherit_errexit
cache=${XDG_CACHE_HOME:-$HOME/.cache}/spprof-ci

fail() {
  echo "${0##*/}: $1" >&2
  exit 1
}

# Installs packages of this machine's own release.
install_missing() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  echo "installing ${missing[*]}" >&2
  apt-get update -qq >&2 || fail "apt-get update failed: is the package mirror reachable?"
  # No service may be started: Prometheus's would listen on the network.
  local policy=/usr/sbin/policy-rc.d made=
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy" && made=yes
  fi
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $recommends "${missing[@]}" >/dev/null ||
    fail "apt-get could not install ${missing[*]}"
  [ -z "$made" ] || rm -f "$policy"
}
recommends=

# The package mirror that this machine's apt uses.
mirror() {
  local found
  found=$(cat /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list.d/*.sources /etc/apt/sources.list 2>/dev/null |
    awk '/^URIs:/ { print $2; exit } /^deb / { for (i = 2; i <= NF; i++) if ($i ~ /:\/\//) { print $i; exit } }') || true
  echo "${SPPROF_MIRROR:-${found:-http://deb.debian.org/debian}}"
}

# Makes the private apt DIR for a release and a processor, and exports APT_CONFIG, so that apt-get and apt-cache use it.
private_apt() { # DIR RELEASE PROCESSOR
  local dir=$1
  mkdir -p "$dir"/{lists/partial,archives/partial,parts}
  : >"$dir/status"
  echo "deb [arch=$3 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(mirror) $2 main" >"$dir/sources"
  cat >"$dir/apt.conf" <<CONF
APT::Architecture "$3"; APT::Architectures { "$3"; };
APT::Sandbox::User "root"; APT::Update::Error-Mode "any"; Acquire::Languages "none"; Acquire::Retries "3";
Acquire::Check-Valid-Until "false";
Dir::State "$dir"; Dir::State::lists "$dir/lists"; Dir::State::status "$dir/status";
Dir::Cache "$dir"; Dir::Cache::archives "$dir/archives";
Dir::Etc::sourcelist "$dir/sources"; Dir::Etc::sourceparts "-"; Dir::Etc::preferencesparts "$dir/parts";
CONF
  export APT_CONFIG=$dir/apt.conf
  apt-get -qq update >&2 || fail "the package mirror $(mirror) has no list of $2 for $3: is it reachable?"
}

# Prints the directory $cache/NAME, which MAKE has filled for this KEY. Otherwise runs MAKE with a new directory, which
# gets that name when MAKE has succeeded. A half-made directory is never used, nor one that was made for another key.
# MAKE's second argument is the final name.
cached() { # NAME KEY MAKE
  local final=$cache/$1 key=$2 made
  mkdir -p "$cache"
  exec 8>"$cache/$1.lock"
  flock 8
  if [ "$(cat "$final/.key" 2>/dev/null)" != "$key" ]; then
    rm -rf "$final" "$final".new.*
    made=$(mktemp -d "$final.new.XXXXXX")
    chmod 755 "$made"
    "$3" "$made" "$final" >&2
    echo "$key" >"$made/.key"
    mv "$made" "$final"
  fi
  exec 8>&-
  echo "$final"
}

# A key that changes with the scripts that make a directory, with the mirror, and each month: security updates.
key() { # SCRIPT...
  echo "$(cat "$@" "$(dirname "${BASH_SOURCE[0]}")/packages.sh" | sha256sum | cut -c1-16) $(mirror) ${SPPROF_CACHE_DATE:-$(date +%Y-%m)}"
}
