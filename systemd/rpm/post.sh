# $1: how many versions are installed after this: 1 at the first installation, 2 at an upgrade
systemd-sysusers handshaked.conf || :
systemd-tmpfiles --create handshaked.conf >/dev/null 2>&1 || :
# Not %config: made once, and the administrator's from then on.
if [ "$1" -eq 1 ] && [ ! -e /etc/handshaked/handshaked.toml ]; then
  cp /usr/share/handshaked/handshaked.toml /etc/handshaked/handshaked.toml
  chmod 644 /etc/handshaked/handshaked.toml
fi
# Whether it is started is the distribution's policy: systemctl enable --now handshaked
if [ "$1" -eq 1 ] && command -v systemctl >/dev/null; then systemctl --no-reload preset handshaked.service >/dev/null 2>&1 || :; fi
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload >/dev/null 2>&1 || :
  journalctl --update-catalog >/dev/null 2>&1 || :
fi
