#!/bin/sh
# static_libraries.sh DIRECTORY: what the portable program is linked with and Debian 12 does not package. Static libraries, from the sources of the packages
# whose headers are installed; and the C library of an older release, which asks for fewer symbols (glibc/; without it the program needs this release's
# symbols, 2.34). apt fetches and verifies all of it. Does nothing where it is there already.
set -eu
directory=${1:?usage: static_libraries.sh DIRECTORY}
mkdir -p "$directory/lists/partial" "$directory/source"
directory=$(cd "$directory" && pwd)
. /etc/os-release

version_of() { dpkg-query -W -f '${source:Version}' "$1"; }
wanted="simdjson=$(version_of libsimdjson-dev) prometheus-cpp=$(version_of prometheus-cpp-dev) howardhinnant-date=$(version_of libhowardhinnant-date-dev)
  spdlog=$(version_of libspdlog-dev) fmtlib=$(version_of libfmt-dev)"
[ "$(cat "$directory/made_of" 2>/dev/null)" = "$wanted" ] && exit 0
rm -f "$directory/made_of"

# The archives that this machine uses, as sources; its own lists stay as they are.
mirrors=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT) $(CREATED_BY)' | sed -n 's/ Packages$//p' | sort -u |
  while read -r uri release component; do
    case $release in "${VERSION_CODENAME:?}"*) echo "deb-src $uri $release $component" ;; esac
  done)
[ -n "$mirrors" ] || mirrors="deb-src http://deb.debian.org/debian $VERSION_CODENAME main"
printf '%s\n' "$mirrors" >"$directory/sources.list"
# apt with lists of its own, and nobody's configuration changed
set -- -qq -o "Dir::Etc::sourcelist=$directory/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$directory/lists" -o APT::Sandbox::User=root
apt-get "$@" update
cd "$directory/source"
rm -rf ./*
# shellcheck disable=SC2086
apt-get "$@" source $wanted
for name in simdjson prometheus-cpp howardhinnant-date spdlog fmtlib; do mv "$name"-*/ "$name"; done

cxx="${CXX:-c++} -std=c++17 -O2 -g1 -DNDEBUG -D_FORTIFY_SOURCE=2 -fPIC -fstack-protector-strong -c"
command -v ccache >/dev/null && cxx="ccache $cxx"
compile() { # LIBRARY INCLUDES FILES…: objects are named after files, which are named differently within a library
  library=$1 includes=$2
  shift 2
  rm -rf "$directory/$library.objects" "$directory/$library.a"
  mkdir "$directory/$library.objects"
  for file in "$@"; do
    # shellcheck disable=SC2086
    $cxx $includes -o "$directory/$library.objects/$(basename "$file").o" "$file"
  done
  ar rcs "$directory/$library.a" "$directory/$library.objects"/*.o
}
compile libsimdjson "-Isimdjson/include -Isimdjson/src" simdjson/src/simdjson.cpp
compile libprometheus-cpp-core "-Iprometheus-cpp/core/include" prometheus-cpp/core/src/*.cc prometheus-cpp/core/src/detail/*.cc
compile libdate-tz "-Ihowardhinnant-date/include -DUSE_OS_TZDB=1 -DAUTO_DOWNLOAD=0 -DHAS_REMOTE_API=0" howardhinnant-date/src/tz.cpp
compile libspdlog "-Ispdlog/include -DSPDLOG_COMPILED_LIB -DSPDLOG_FMT_EXTERNAL" $(find spdlog/src -name '*.cpp' ! -name bundled_fmtlib_format.cpp)
compile libfmt "-Ifmtlib/include" fmtlib/src/format.cc fmtlib/src/os.cc
rm -rf "$directory"/*.objects

# --- the older C library
older=bullseye
rm -rf "$directory/glibc"
printf '%s\n' "$mirrors" | sed -n "s|^deb-src \([^ ]*\) $VERSION_CODENAME \(.*\)|deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] \1 $older \2|p" >"$directory/sources.list"
if apt-get "$@" update && apt-get "$@" download "libc6/$older" "libc6-dev/$older"; then
  mkdir "$directory/glibc"
  for package in libc6_*.deb libc6-dev_*.deb; do dpkg -x "$package" "$directory/glibc"; done
else
  echo "static_libraries.sh: $older cannot be had: the portable program will need this release's glibc symbols" >&2
fi
printf '%s' "$wanted" >"$directory/made_of"
