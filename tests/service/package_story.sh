#!/bin/bash
# What package_install.py has done inside its Debian, run once as root when it has booted. It changes and says; the test judges: a line
# "== STEP" stands before what each step says. $1: nginx's port; $2: of its broken upstream; $3: where the test receives events;
# $4: the port of another upstream, which is well until a deploy breaks its name.
exec >/said.txt 2>&1
export DEBIAN_FRONTEND=noninteractive
front=$1 back=$2 hook=$3 named=$4
log=/var/log/nginx/error.log
requests=0

step() { echo "== $1"; }
# $2: how often it is tried, every fifth of a second.
until_so() { for _ in $(seq "${2:-200}"); do eval "$1" >/dev/null 2>&1 && return 0; sleep 0.2; done; echo "in vain: $1"; return 1; }
request() { exec 3<>"/dev/tcp/127.0.0.1/$front"; printf 'GET / HTTP/1.0\r\n\r\n' >&3; cat <&3 >/dev/null; exec 3>&-; requests=$((requests + 1)); }
pid() { systemctl show -P MainPID handshaked; }
own() { journalctl -o cat --no-pager -u handshaked "$@"; }
# Lines counted by all incidents, of the storm (peers 10.77.…) or of nginx's upstream.
counted() { handshaked incidents list --limit 1000 --format json | perl -0ne "while (/\"peer\": ?\"$1[^}]*?\"count\": ?(\\d+)/g) { \$s += \$1 } END { print \$s + 0 }"; }
# Forty faults; $1 lines of each, as nginx writes them.
storm() {
  perl -MPOSIX -e 'for my $i (1 .. $ARGV[0]) { my $now = strftime("%Y/%m/%d %H:%M:%S", localtime); for my $p (1 .. 40) {
    print "$now [error] 4711#4711: *$i upstream SSL certificate verify error: (20:unable to get local issuer certificate) while SSL handshaking to upstream, client: 192.0.2.9, server: gw.corp.test, request: \"GET /$i HTTP/1.1\", upstream: \"https://10.77.0.$p:8443/$i\", host: \"gw.corp.test\"\n" } }' "$1" >>$log
  stormed=$((stormed + $1 * 40))
}
stormed=0
restarts() { systemctl show -P NRestarts handshaked; }
all_counted() { until_so "[ \$(counted 10.77) = $stormed ]"; echo "storm $(counted 10.77) of $stormed"; }

# Another distribution, as far as libraries go: none of those that the package depends on is here yet.
step tarball
mkdir /elsewhere
tar -C /elsewhere --no-same-owner --strip-components=1 -xzf /handshaked.tar.gz
cd /elsewhere
usr/bin/handshaked rules lint >/dev/null
echo "lint $?"
usr/bin/handshaked check -c usr/share/handshaked/handshaked.toml
echo "check $?"
storm 1
usr/bin/handshaked scan --format json $log | grep -o '"peer": *"10.77.0.[0-9]*' | sort -u | wc -l
: >$log
stormed=0
cd /
rm -r /elsewhere

step install; apt-get install -qq -y --no-install-recommends /previous.deb; echo "status $?"

step active
until_so "systemctl is-active handshaked"
systemctl is-active handshaked
systemctl is-enabled handshaked

step modes
stat -c '%U:%G %a %n' /var/lib/handshaked /etc/handshaked/credentials /etc/handshaked/handshaked.toml /run/handshaked/control.sock
id -nG handshaked
request

step journal
until_so "own | grep -q probe"
until_so "journalctl HANDSHAKED_RULE=nginx/upstream-verify-18-self-signed-leaf | grep -q 'handshaked fix show inc-'"
journalctl --no-pager -o json HANDSHAKED_RULE=nginx/upstream-verify-18-self-signed-leaf SYSLOG_IDENTIFIER=handshaked | grep HANDSHAKED_EVENT | head -1
journalctl --no-pager -x HANDSHAKED_RULE=nginx/upstream-verify-18-self-signed-leaf | grep -A6 'cause:' | head -12
journalctl --no-pager | grep handshaked

step syslog; until_so "grep -q 'fix show inc-' /var/log/syslog"; grep -c 'cause: .*fix show inc-' /var/log/syslog

step incidents; handshaked incidents list

step configure
# A receiver that works, and one whose address is a secret and which is down.
install -m 600 /dev/stdin /etc/handshaked/credentials/down <<<'http://127.0.0.1:1/'
mkdir -p /etc/systemd/system/handshaked.service.d
printf '[Service]\nLoadCredential=down:/etc/handshaked/credentials/down\nWatchdogSec=6\nRestartSec=1\n' >/etc/systemd/system/handshaked.service.d/test.conf
cat >/etc/handshaked/conf.d/receivers.toml <<TOML
[[receiver]]
type = "syslog"
name = "syslog"
address = "unix:/dev/log"
[[receiver]]
type = "webhook"
name = "hook"
url = "http://127.0.0.1:$hook/"
[[receiver]]
type = "webhook"
name = "down"
url_file = "credential:down"
TOML
echo '# mine' >>/etc/handshaked/handshaked.toml
systemctl daemon-reload; systemctl restart handshaked; echo "status $?"
handshaked silence add server=silenced.test --for 2h --comment kept >/dev/null; echo "silence $?"

step reload
before=$(pid)
systemctl reload handshaked
echo "status $?"
systemctl is-active handshaked
[ "$before" = "$(pid)" ] && echo same process

step bad-reload
echo 'bad = 1' >/etc/handshaked/conf.d/x.toml
systemctl reload handshaked
echo "status $?"
systemctl is-active handshaked
rm /etc/handshaked/conf.d/x.toml
[ "$before" = "$(pid)" ] && echo same process

step restart; systemctl restart handshaked; echo "status $?"; handshaked incidents list

step storm; storm 20; all_counted

step fields
until_so "own | grep -q 'is down'"
journalctl --no-pager -o json HANDSHAKED_RECEIVER=down | head -1

step explained; journalctl --no-pager -x HANDSHAKED_RECEIVER=down | head -8

step record; journalctl --no-pager -o json -u handshaked MESSAGE_ID=6006fa1013ff49e597baa7540147a2e0 | head -1

# A name of a log, made by whoever may write there, that looks like a line of ours.
step forgery
odd=$(printf '/var/log/nginx/error\n<3>forged by a name \033[31m.log')
echo x >"$odd"
until_so "own | grep -q 'forged by'"
: >"$odd"
rm "$odd"
storm 1
all_counted
journalctl --no-pager -o json -u handshaked | grep -c '"MESSAGE":"<3>'
journalctl --no-pager -o json -u handshaked | grep 'forged by' | head -1

# In the sandbox nginx's processes are not to be seen.
step nginx-reload
systemctl show -P ProtectProc handshaked
mkdir /var/log/nginx/site
sed -i 's#^http {#http {\n  server { listen unix:/run/site.sock; error_log /var/log/nginx/site/fault.txt; }#' /etc/nginx/nginx.conf
nginx -s reload
until_so "own | grep -q 'nginx has reloaded' && own | grep -q 'opened: /var/log/nginx/site'"
own | grep -E 'nginx has|opened: '

# What was broken a moment ago and deployed by systemd: reloaded, restarted, and by a new master beside the old one.
named() { exec 3<>"/dev/tcp/127.0.0.1/$front"; printf 'GET /named HTTP/1.0\r\n\r\n' >&3; head -1 <&3; exec 3>&-; }
is_named() { [[ $(named) == *" $1 "* ]]; }
new_master() {
  old=$(cat /run/nginx.pid)
  kill -USR2 "$old"
  until_so "[ -s /run/nginx.pid.oldbin ] && [ -s /run/nginx.pid ]"
  kill -QUIT "$old"
  until_so "! kill -0 $old"
}
deployed() {
  case $1 in
    upgrade*) new_master ;;
    *) systemctl "${1%-*}" nginx ;;
  esac
}
for way in reload-0 reload-3 restart-1 upgrade-1; do
  step "deploy-$way"
  echo "before $(named)"
  sed -i "s/proxy_ssl_name [^;]*;/proxy_ssl_name wrong-$way.test;/" /etc/nginx/nginx.conf
  deployed "$way"
  sleep "${way#*-}"
  until_so "is_named 502"
  echo "after $(named)"
  until_so "handshaked incidents list --status open --format json | grep -q '127.0.0.1:$named'"
  id=$(handshaked incidents list --status open --format json | perl -0ne "print \$1 if /\"id\":\"(inc-[0-9a-f]+)\"(?:(?!\"id\":).)*127\.0\.0\.1:$named/")
  until_so "handshaked incidents show $id | grep -q '^- .*does not match .wrong-$way.test.\$'"
  handshaked incidents show "$id"
  sed -i "s/proxy_ssl_name [^;]*;/proxy_ssl_name back;/" /etc/nginx/nginx.conf
  deployed "$way"
  until_so "is_named 200"
  echo "good $(named)"
done
# Three probes, ten seconds apart, begin when the reload is seen; a diagnosis may come between them.
until_so "! handshaked incidents list --status open --format json | grep -q '127.0.0.1:$named'" 500 && echo "seen good"

step rotation
storm 5
request
logrotate -f /etc/logrotate.d/nginx
echo "status $?"
until_so "[ -e $log ]"
until_so "[ -s $log.1 ]"
request
storm 5
all_counted
systemctl stop handshaked
storm 5
request
logrotate -f /etc/logrotate.d/nginx
until_so "[ -e $log ]"
request
storm 5
logrotate -f /etc/logrotate.d/nginx
until_so "[ -e $log ]"
request
storm 5
ls /var/log/nginx
systemctl start handshaked
all_counted

step watchdog; before=$(restarts); systemctl kill --kill-whom=main -s STOP handshaked; storm 20
until_so "[ \$(restarts) -gt $before ] && systemctl is-active handshaked"
systemctl is-active handshaked
own | grep -i watchdog | head -1
all_counted

step kill
for _ in 1 2 3; do
  before=$(restarts) at=$(date +%s%N)
  (for _ in $(seq 20); do storm 5; sleep 0.01; done) & writer=$!
  sleep 0.1
  systemctl kill --kill-whom=main -s KILL handshaked
  wait $writer
  stormed=$((stormed + 4000))  # in a shell of its own the count was lost
  until_so "[ \$(restarts) -gt $before ] && systemctl is-active handshaked"
  echo "again after $((($(date +%s%N) - at) / 1000000)) ms"
done
systemctl is-active handshaked
all_counted

step stop
(for _ in $(seq 60); do storm 25; sleep 0.01; done) & writer=$!
before=$(counted 10.77)
until_so "[ \$(counted 10.77) -gt $before ]"
kill -0 $writer && echo still storming
at=$(date +%s)
systemctl stop handshaked
echo "within $(($(date +%s) - at)) s"
systemctl show -P Result handshaked
wait $writer
stormed=$((stormed + 60000))
systemctl start handshaked
echo "status $?"
all_counted

step refused
for _ in 1 2 3; do
  systemctl stop handshaked
  echo 'bad = 1' >/etc/handshaked/conf.d/x.toml
  systemctl start handshaked
  echo "status $?"
  systemctl show -P ExecMainStatus handshaked
done
rm /etc/handshaked/conf.d/x.toml
systemctl reset-failed handshaked
systemctl start handshaked
journalctl --sync
own | grep 'x.toml'

step upgrade
before=$(pid)
# Unattended: nobody answers, and no option says what to do with a changed configuration file.
DEBIAN_FRONTEND=noninteractive dpkg -i /handshaked.deb </dev/null
echo "status $?"
dpkg-query -W -f 'version ${Version}\n' handshaked
systemctl is-active handshaked
[ "$before" != "$(pid)" ] && echo another process
tail -1 /etc/handshaked/handshaked.toml
stat -c '%U:%G %a %n' /etc/handshaked/credentials/down
handshaked silence list
request
all_counted
until_so "[ \$(counted 127.0.0.1:$back) = $requests ]"
echo "nginx $(counted 127.0.0.1:$back) of $requests"
handshaked incidents list --limit 3

step sockets
cp /usr/share/doc/handshaked/examples/handshaked.socket /etc/systemd/system/
sed -i 's/0\.0\.0\.0:514/127.77.5.15:514/' /etc/systemd/system/handshaked.socket
cat >/etc/handshaked/conf.d/syslog.toml <<TOML
[[files]]
paths = ["/var/log/nginx/*error*.log"]
[[syslog]]
listen = ["systemd:syslog"]
allow = ["127.0.0.0/8"]
TOML
systemctl daemon-reload
systemctl stop handshaked
systemctl enable --now handshaked.socket
echo "status $?"
systemctl is-active handshaked
datagram() { perl -MPOSIX -e 'print strftime("<187>%b %e %H:%M:%S edge nginx: ", localtime), strftime("%Y/%m/%d %H:%M:%S", localtime), " [error] 4711#4711: *1 upstream SSL certificate verify error: (20:unable to get local issuer certificate) while SSL handshaking to upstream, client: 192.0.2.9, server: gw.corp.test, request: \"GET / HTTP/1.1\", upstream: \"https://10.78.0.1:8443/\", host: \"gw.corp.test\""' >/dev/udp/127.77.5.15/514; }
datagram
until_so "systemctl is-active handshaked"
systemctl is-active handshaked
until_so "[ \$(counted 10.78) = 1 ]"
datagram
until_so "[ \$(counted 10.78) = 2 ]"
echo "datagrams $(counted 10.78) of 2"
own -b | grep 'listens on systemd:syslog'
systemctl disable --now handshaked.socket
rm /etc/systemd/system/handshaked.socket /etc/handshaked/conf.d/syslog.toml
systemctl daemon-reload
systemctl restart handshaked

step disabled
systemctl disable --now handshaked
dpkg -i /handshaked.deb >/dev/null
systemctl is-enabled handshaked
systemctl enable --now handshaked

step denied; journalctl --no-pager | grep -iE 'status=31/SYS|SIGSYS|Failed at step' | grep handshaked

step remove
systemctl stop handshaked
cp -a /var/lib/handshaked /kept
apt-get remove -qq -y handshaked >/dev/null
systemctl is-active handshaked
ls -d /var/lib/handshaked /etc/handshaked/handshaked.toml /etc/handshaked/credentials/down /usr/bin/handshaked

mkdir -p /var/backups/handshaked/20260101T000000Z-incident /var/lib/handshaked-rules/rules-2026-01-01-0
step purge
apt-get purge -qq -y handshaked >/dev/null
find / -xdev -name '*handshaked*' -not -path '/proc/*' -not -path '/handshaked.deb' -not -path '/handshaked.tar.gz' -not -path '/kept*'
getent passwd handshaked
getent group handshaked
find / -xdev -nouser -not -path '/kept*'
# The tarball's install.sh: once, again, with a file that has changed, and away.
step by-hand
mkdir /install
tar -C /install --strip-components=1 -xzf /handshaked.tar.gz
/install/install.sh
echo "status $?"
until_so "systemctl is-active handshaked"
systemctl is-active handshaked
until_so "handshaked status"
before=$(pid)
/install/install.sh
[ "$before" = "$(pid)" ] && echo "same process"
echo "# of a later version" >>/install/usr/share/handshaked/handshaked.toml
/install/install.sh
echo "status again $?"
until_so "handshaked status"
[ "$before" != "$(pid)" ] && echo "another process"

step by-hand-away
/install/install.sh --uninstall
echo "status $?"
ls /etc/handshaked/handshaked.toml
/install/install.sh
/install/install.sh --uninstall --purge
echo "purge $?"
rm -r /install
getent passwd handshaked | sed 's/^/left: /'
find / -xdev -name '*handshaked*' -not -path '/proc/*' -not -path '/handshaked.*' -not -path '/kept*' -not -path '/var/lib/systemd/*' | sed 's/^/left: /'

step end
systemctl poweroff
