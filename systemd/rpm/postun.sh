# $1: how many versions are left. Configuration and state stay, as those of other services do.
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload >/dev/null 2>&1 || :
  if [ "$1" -ge 1 ]; then systemctl try-restart handshaked.service >/dev/null 2>&1 || :; fi
fi
