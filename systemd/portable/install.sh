#!/bin/sh
# install.sh            makes the unpacked directory around it a service of this host, or brings what it installed before to this version
# install.sh --check    says what it would do, and whether this host can run it
# install.sh --uninstall [--purge]   takes it away; with --purge configuration, state, backups and the user too
# It may be run again at any time: what is right already stays as it is, and a service whose files have not changed is not restarted.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
manifest=/usr/share/handshaked/installed-files
drop_in=/etc/systemd/system/handshaked.service.d/50-log-group.conf
changed=no

say() { echo "handshaked: $*"; }
die() { echo "handshaked: $*" >&2; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }
runs_systemd() { [ -d /run/systemd/system ]; }

# A package's files are the package manager's.
refuse_package() {
  [ -e /usr/bin/handshaked ] || return 0
  if has dpkg && dpkg -S /usr/bin/handshaked >/dev/null 2>&1; then die "the package handshaked is installed: use apt, or remove it first"; fi
  if has rpm && rpm -qf /usr/bin/handshaked >/dev/null 2>&1; then die "the package handshaked is installed: use dnf or rpm, or remove it first"; fi
}

check_host() {
  [ "$(uname -s)" = Linux ] || die "this is made for Linux"
  said=$("$here/usr/bin/handshaked" --version 2>&1) || die "the program does not run here: $said"
  (cd "$here" && usr/bin/handshaked rules lint >/dev/null) || die "the unpacked directory is not complete"
}

put_files() {
  list=$(cd "$here" && find usr -type f | LC_ALL=C sort)
  for file in $list; do
    cmp -s "$here/$file" "/$file" && continue
    changed=yes
    mkdir -p "/$(dirname "$file")"
    cp "$here/$file" "/$file.new$$"
    case $file in usr/bin/*) chmod 755 "/$file.new$$" ;; *) chmod 644 "/$file.new$$" ;; esac
    mv -f "/$file.new$$" "/$file"
  done
  if [ -e "$manifest" ]; then
    # Of the version before, and not of this one.
    for file in $(cat "$manifest"); do
      echo "$list" | grep -qxF "$file" || { rm -f "/$file"; changed=yes; }
    done
  fi
  echo "$list" >"$manifest"
}

make_user() {
  if has systemd-sysusers; then
    systemd-sysusers /usr/lib/sysusers.d/handshaked.conf
  else
    for group in handshaked adm systemd-journal; do getent group "$group" >/dev/null || groupadd --system "$group"; done
    getent passwd handshaked >/dev/null || useradd --system --gid handshaked --home-dir /var/lib/handshaked --no-create-home --shell /usr/sbin/nologin handshaked
    usermod --append --groups adm,systemd-journal handshaked
  fi
  install -d -m 700 -o handshaked -g handshaked /var/lib/handshaked
  install -d -m 755 /etc/handshaked /etc/handshaked/conf.d
  install -d -m 700 /etc/handshaked/credentials
  if [ ! -e /etc/handshaked/handshaked.toml ]; then install -m 644 "$here/usr/share/handshaked/handshaked.toml" /etc/handshaked/handshaked.toml; fi
}

# Debian's adm is in the unit. Elsewhere nginx's logs belong to another group, or to root alone.
join_log_group() {
  log=$(ls -d /var/log/nginx/error.log 2>/dev/null || true)
  [ -n "$log" ] && [ ! -e "$drop_in" ] || return 0
  group=$(stat -c %G "$log")
  case $(stat -c %A "$log") in
    ???????r??) return 0 ;;
    ????r?????) ;;
    *) say "$log is its owner's alone; let the service read it: setfacl -m u:handshaked:r $log, and the same in logrotate's create"; return 0 ;;
  esac
  case $group in
    adm | systemd-journal) return 0 ;;
    root) say "$log is for root's group; let the service read it: setfacl -m u:handshaked:r $log"; return 0 ;;
  esac
  mkdir -p "$(dirname "$drop_in")"
  printf '# By install.sh: whose nginx'\''s logs are.\n[Service]\nSupplementaryGroups=%s\n' "$group" >"$drop_in"
  changed=yes
  say "the service joins the group $group, which may read $log"
}

start_service() {
  if has restorecon; then restorecon -RF /usr/bin/handshaked /usr/lib/systemd/system/handshaked.service /etc/handshaked /var/lib/handshaked 2>/dev/null || true; fi
  if ! runs_systemd; then
    say "systemd does not run here; start it as you start services: handshaked run, as the user handshaked"
    return 0
  fi
  systemctl daemon-reload
  has journalctl && journalctl --update-catalog 2>/dev/null || true
  if [ "$is_new" = yes ]; then
    systemctl enable --quiet --now handshaked.service
  elif [ "$changed" = yes ] && systemctl --quiet is-active handshaked.service; then
    systemctl restart handshaked.service
  fi
}

uninstall() {
  refuse_package
  [ -e "$manifest" ] || die "nothing that install.sh has installed is here"
  if runs_systemd; then systemctl disable --quiet --now handshaked.service || true; fi
  for file in $(cat "$manifest"); do rm -f "/$file"; done
  rm -f "$manifest" "$drop_in"
  rmdir "$(dirname "$drop_in")" 2>/dev/null || true
  for directory in /usr/share/handshaked /usr/share/doc/handshaked; do
    [ -d "$directory" ] && find "$directory" -depth -type d -exec rmdir {} \; 2>/dev/null || true
  done
  if runs_systemd; then
    systemctl daemon-reload
    systemctl reset-failed handshaked.service 2>/dev/null || true
    has journalctl && journalctl --update-catalog 2>/dev/null || true
  fi
  if [ "$purge" = no ]; then
    say "removed; /etc/handshaked, /var/lib/handshaked and /var/backups/handshaked stay (--purge takes them too)"
    return 0
  fi
  rm -rf /etc/handshaked /var/lib/handshaked /var/lib/handshaked-rules /var/log/handshaked /var/backups/handshaked /run/handshaked /etc/systemd/system/handshaked.service.d
  if getent passwd handshaked >/dev/null; then userdel handshaked; fi
  if getent group handshaked >/dev/null; then groupdel handshaked; fi
  say "removed, with all that it kept"
}

task=install purge=no
for argument in "$@"; do
  case $argument in
    --check) task=check ;;
    --uninstall) task=uninstall ;;
    --purge) purge=yes ;;
    -h | --help) sed -n '2,5s/^# //p' "$0"; exit 0 ;;
    *) echo "usage: install.sh [--check | --uninstall [--purge]]" >&2; exit 2 ;;
  esac
done
[ "$purge" = no ] || [ "$task" = uninstall ] || { echo "--purge belongs to --uninstall" >&2; exit 2; }
if [ "$task" = check ]; then
  check_host
  refuse_package
  if [ -e "$manifest" ]; then say "would bring $(handshaked --version | head -1) to $(echo "$said" | head -1)"; else say "would install $(echo "$said" | head -1)"; fi
  exit 0
fi
[ "$(id -u)" = 0 ] || die "only root can do this"
if [ "$task" = uninstall ]; then uninstall; exit 0; fi
check_host
refuse_package
if [ -e "$manifest" ]; then is_new=no; else is_new=yes; fi
put_files
make_user
join_log_group
start_service
if [ "$changed" = yes ]; then say "installed: $(handshaked --version | head -1)"; else say "nothing to change"; fi
