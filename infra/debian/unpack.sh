#!/usr/bin/env bash
# Unpacks Debian packages, and what they need beyond the installed system, into a folder: no root, no service started,
# nothing installed. Prints the folder. FOLDER/run COMMAND… runs a command from it; `. FOLDER/env` does so for a shell.
# A folder appears whole or not at all; one that is there is used as it is, without a network.
#
# Usage: unpack.sh FOLDER|- PACKAGE…   (`-`: ${XDG_CACHE_HOME:-~/.cache}/sunpress/<distribution>/<hash of the packages>)
# Exit:  0 ready · 1 apt could not fetch or unpack · 2 wrong usage · 3 not a system with apt
set -euo pipefail
export LC_ALL=C DEBIAN_FRONTEND=noninteractive

fail() { local code=$1; shift; echo "unpack.sh: $*" >&2; exit "$code"; }

default_folder() {
  local id=debian version=12 layout=1
  # shellcheck disable=SC1091
  [ ! -r /etc/os-release ] || { id=$(. /etc/os-release; echo "${ID:-}"); version=$(. /etc/os-release; echo "${VERSION_ID:-}"); }
  local hash; hash=$(printf '%s\n' "$layout" "$(uname -m)" "$@" | sort | sha256sum | cut -c 1-12)
  echo "${XDG_CACHE_HOME:-${HOME:?}/.cache}/sunpress/$id-$version/$hash"
}

[ $# -ge 2 ] || fail 2 'usage: unpack.sh FOLDER|- PACKAGE…'
folder=$1; shift
[ "$folder" != - ] || folder=$(default_folder "$@")
folder=$(realpath -m "$folder")
stamp=$(printf '%s\n' "$@" | sort)

is_ready() { [ -x "$folder/run" ] && [ "$(cat "$folder/packages" 2>/dev/null)" = "$stamp" ]; }
if is_ready; then echo "$folder"; exit; fi
[ -e "$folder/packages" ] || [ -z "$(ls -A "$folder" 2>/dev/null)" ] || fail 2 "$folder holds something else; name an empty folder"
command -v apt-get >/dev/null && command -v dpkg >/dev/null ||
  fail 3 "there is no apt-get here to fetch $* with; install $* with this system's own package tool, on PATH"

# One at a time: who waits here finds the folder ready. The lock ends with its owner, however that ends.
mkdir -p "$(dirname "$folder")"
exec 9>"$folder.lock"
flock 9
if is_ready; then echo "$folder"; exit; fi
rm -rf "$folder".partial-*
partial=$folder.partial-$$ fetched=$folder.partial-$$-apt
trap 'rm -rf "$partial" "$fetched"' EXIT
trap 'exit 1' HUP INT TERM
mkdir -p "$partial/root" "$fetched"/{lists/partial,cache/archives/partial,debs}

# The system's sources, with lists and caches of our own: those of the system want root, or are empty in an image.
cat >"$fetched/apt.conf" <<X
Dir::State::lists "$fetched/lists";
Dir::Cache "$fetched/cache";
Acquire::Languages "none";
Acquire::Retries "3";
APT::Sandbox::User "";
X
export APT_CONFIG=$fetched/apt.conf
apt-get update -qq >"$fetched/log" 2>&1 </dev/null 9>&- || fail 1 "apt-get update failed: $(tail -n 3 "$fetched/log")"
missing=$(apt-get install -s --no-install-recommends "$@" 2>"$fetched/log" | awk '/^Inst /{print $2}') ||
  fail 1 "apt-get knows no way to install $*: $(tail -n 3 "$fetched/log")"
if [ -n "$missing" ]; then
  # shellcheck disable=SC2086
  (cd "$fetched/debs" && apt-get download -qq $missing >"$fetched/log" 2>&1 </dev/null 9>&-) ||
    fail 1 "apt-get download failed: $(tail -n 3 "$fetched/log")"
  for deb in "$fetched"/debs/*.deb; do dpkg -x "$deb" "$partial/root"; done
fi

library_path() {
  local part path=
  for part in "$partial"/root/usr/lib/*-linux-gnu "$partial"/root/lib/*-linux-gnu "$partial"/root/usr/lib/*-linux-gnu/ceph; do
    [ ! -d "$part" ] || path+=${path:+:}$folder${part#"$partial"}
  done
  echo "$path"
}
cat >"$partial/env" <<X
export PARTS_ROOT='$folder/root'
export PATH='$folder/root/usr/bin:$folder/root/usr/sbin':"\$PATH"
export LD_LIBRARY_PATH='$(library_path)'"\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}"
X
printf '#!/bin/sh\n. "%s/env"\nexec "$@"\n' "$folder" >"$partial/run"
chmod +x "$partial/run"
echo "$stamp" >"$partial/packages"
rm -rf "$folder"
mv -T "$partial" "$folder"
echo "$folder"
