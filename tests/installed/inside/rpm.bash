#!/bin/bash
# What an installed .rpm does at its first boot.
. /check/steps.bash
set -u

STATE=/var/lib/callsyncd

check_soon "the service is active after the first boot" 60 active
check "the control program reaches it" callsyncctl status
check "the daemon has made its own key" is "$(stat -c '%a %U' $STATE/master.key)" "600 callsync"
check "the socket belongs to its group" is "$(stat -c '%a %G' /run/callsyncd/control.sock)" "660 callsync"
check "a group is added" callsyncctl group add Sales
check_says "and is there" Sales callsyncctl group list
check_says "journald explains the start" "takes up interrupted work" journalctl -x -u callsyncd
check "it restarts" systemctl restart callsyncd
check_soon "and has kept everything" 60 callsyncctl group show Sales
systemctl stop callsyncd
check "it ends well" is "$(systemctl show -P Result callsyncd)" success
echo done >>/check/findings
sync
systemctl --no-block poweroff
