#!/bin/bash
# What table.py has done inside a booted system, once, as root: the portable program from the tarball, beside that system's nginx with a broken upstream. A line
# "CELL yes" or "CELL no: why" for each cell of the table. $1: nginx's port.
exec >/said.txt 2>&1
front=$1
log=/var/log/nginx/error.log
until_so() { local end=$((SECONDS + 40)); while [ $SECONDS -lt $end ]; do eval "$1" >/dev/null 2>&1 && return 0; sleep 0.2; done; return 1; }
cell() { # NAME CONDITION WHAT-IT-SAYS-OTHERWISE
  if until_so "$2"; then echo "$1 yes"; else echo "$1 no: $(eval "$3" 2>&1 | tail -3 | tr '\n' ' ')"; fi
}
request() { exec 3<>"/dev/tcp/127.0.0.1/$front"; printf 'GET / HTTP/1.0\r\n\r\n' >&3; cat <&3 >/dev/null; exec 3>&-; }

mkdir /unpacked
tar -C /unpacked --strip-components=1 -xzf /handshaked.tar.gz
until_so "systemctl is-active nginx"
request
cell starts "/unpacked/usr/bin/handshaked --version && /unpacked/usr/bin/handshaked scan --format json $log | grep -q 'inc-'" "/unpacked/usr/bin/handshaked scan $log"
/unpacked/install.sh
cell service "systemctl is-active handshaked && handshaked status" "systemctl status handshaked; journalctl --no-pager -u handshaked"
cell finds-nginx "handshaked diagnose --log $log --no-probe | grep -q /etc/nginx/nginx.conf" "handshaked diagnose --log $log --no-probe"
request
cell follows-logs "handshaked incidents list | grep -q inc-" "handshaked incidents list; journalctl --no-pager -u handshaked"
handshaked diagnose --log $log --ca-store /etc/corp-cas --format json >/diagnosed.json
cell proves "grep -Eq '\"status\": ?\"proved\"' /diagnosed.json" "grep -o '\"proof\".\{0,900\}' /diagnosed.json | head -1"
journalctl --no-pager -u handshaked >/journal.txt
cell journal "grep -q 'handshaked fix show inc-' /journal.txt" "tail -3 /journal.txt"
/unpacked/install.sh --uninstall --purge
rm -r /unpacked
left() { getent passwd handshaked; find / -xdev -name '*handshaked*' -not -path '/proc/*' -not -path '/handshaked.*' -not -path '/var/lib/systemd/*' -not -path '/var/log/journal/*'; }
cell removes '[ -z "$(left)" ]' left
echo end
systemctl poweroff
