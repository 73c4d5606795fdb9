# $1: how many versions are left after this: 0 when it is removed, 1 at an upgrade
if [ "$1" -eq 0 ] && command -v systemctl >/dev/null; then systemctl --no-reload disable handshaked.service >/dev/null 2>&1 || :; fi
if [ "$1" -eq 0 ] && [ -d /run/systemd/system ]; then systemctl stop handshaked.service >/dev/null 2>&1 || :; fi
