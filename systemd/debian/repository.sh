#!/bin/sh
# repository.sh DIRECTORY PACKAGE…: a flat Debian repository of these packages, to be served by any web server or as file:. With KEY in the environment (an id
# that gpg knows) its Release is signed, as apt wants it; without, its readers must say [trusted=yes].
set -eu
directory=${1:?usage: repository.sh DIRECTORY PACKAGE…}
shift
[ $# -gt 0 ] || { echo "repository.sh: no packages" >&2; exit 2; }
mkdir -p "$directory"
cp "$@" "$directory/"
cd "$directory"
dpkg-scanpackages --multiversion . >Packages 2>scanned || { cat scanned >&2; exit 1; }
rm -f scanned Release InRelease Release.gpg
gzip -9nkf Packages
{
  printf 'Origin: handshaked\nLabel: handshaked\nSuite: stable\nArchitectures: amd64\nDate: %s\nSHA256:\n' "$(LC_ALL=C date -u '+%a, %d %b %Y %H:%M:%S UTC')"
  for file in Packages Packages.gz; do
    printf ' %s %s %s\n' "$(sha256sum "$file" | cut -d' ' -f1)" "$(stat -c %s "$file")" "$file"
  done
} >Release
if [ -n "${KEY:-}" ]; then
  gpg --batch --yes --local-user "$KEY" --clearsign --output InRelease Release
  gpg --batch --yes --local-user "$KEY" --armor --detach-sign --output Release.gpg Release
fi
