#!/bin/bash
# Life of an installation: install, connect, collect, break, reboot, upgrade, remove, purge. Runs as a unit at every boot.
. /check/steps.bash
. /check/people.bash
set -u

CONFIG=/etc/callsyncd/callsyncd.yaml
SEALED=/etc/credstore.encrypted/callsyncd-master-key
STATE=/var/lib/callsyncd

install_it() {
    check "the package installs" dpkg -i /check/callsyncd.deb
    check_soon "the service is active after installation" 60 active
    check "the service is enabled by its preset" systemctl is-enabled callsyncd.service
    check "the control program reaches it" callsyncctl status
    check "the user is there" getent passwd callsync
    check "the viewers' group is there" getent group callsync
    check "the administrators' group is there" getent group callsync-admin
    check "the master key is an encrypted credential" test -s $SEALED
    check "nobody but root reads the credential" is "$(stat -c '%a %U' $SEALED)" "600 root"
    check_exit "no second key lies about" 1 test -e $STATE/master.key
    check "the configuration directory is closed to strangers" is "$(stat -c '%a %U %G' /etc/callsyncd)" "750 root callsync"
    check "the state directory is closed to everybody else" is "$(stat -c '%a %U %G' $STATE)" "700 callsync callsync"
    check "the socket belongs to its group" is "$(stat -c '%a %G' /run/callsyncd/control.sock)" "660 callsync"
    local uid
    uid=$(id -u callsync)
    check "no TCP port is open" awk -v uid="$uid" '$4 == "0A" && $8 == uid { bad = 1 } END { exit bad }' /proc/net/tcp /proc/net/tcp6
    check_says "status tells systemd's line" "accounts" systemctl show -P StatusText callsyncd.service
    check "no core dumps" is "$(systemctl show -P LimitCORE callsyncd.service)" 0
    check_says "journald explains the start" "takes up interrupted work" journalctl -x -u callsyncd
    local exposure
    exposure=$(systemd-analyze security --no-pager callsyncd.service | sed -n 's/.*exposure level for [^:]*: *\([0-9.]*\).*/\1/p')
    check "the exposure is at most 1.5, it is $exposure" awk -v x="$exposure" 'BEGIN { exit !(x != "" && x <= 1.5) }'
    systemd-analyze security --no-pager callsyncd.service | grep -v '✓' || true
    check "completions are those of the program" cmp /usr/share/bash-completion/completions/callsyncctl <(callsyncctl completions bash)
}

connect() {
    check "the rehearsal package installs" dpkg -i /check/rehearsal.deb
    check_exit "the simulator does not start by itself" 3 systemctl is-active callsync-rehearsal.service
    mkdir -p /etc/systemd/system/callsync-rehearsal.service.d
    cat >/etc/systemd/system/callsync-rehearsal.service.d/check.conf <<END
[Service]
ExecStart=
ExecStart=/usr/bin/zoom-sim --listen 127.0.0.1:8470 --accounts 2 --calls 2000 --days 150 --lag 1 --ready-file %t/callsync-rehearsal/ready.json --state %S/callsync-rehearsal/state.json
END
    systemctl daemon-reload
    systemctl enable --now callsync-rehearsal.service
    check_soon "the simulator is ready" 30 test -s /run/callsync-rehearsal/ready.json
    install -m 0600 -o callsync -g callsync /dev/stdin /etc/callsyncd/zoom-client-secret <<<"zoomsim_client_secret_not_a_real_one"
    sed -i -e 's|^  #client_id:.*|  client_id: "zoomsim_client_id"|' -e 's|^  #client_secret:|  client_secret:|' \
        -e 's|^  oauth_url:.*|  oauth_url: http://127.0.0.1:8470|' -e 's|^  #api_url:.*|  api_url: http://127.0.0.1:8470/v2|' $CONFIG
    check "the configuration is good" callsyncd --check-config
    check "reload puts it in force" systemctl reload callsyncd
    check_soon "the new configuration is in force" 10 in_force zoomsim_client_id
    check "a group is added" callsyncctl group add Sales
    add acme Sales
    check "a database is chosen" callsyncctl cdr set acme --server local --database acme --enable --backfill 30d --poll-interval 10s
    check "the database is created" callsyncctl cdr create-database acme
    check_says "collecting is activated" "Database CDR Processing was successfully activated." callsyncctl cdr activate acme --wait
    check_soon "calls are collected" 120 collected acme
    check_soon "the directory is synced" 60 synced acme
    check "the database is the daemon's alone" is "$(stat -c '%a %U' $STATE/databases/acme.db)" "600 callsync"
}

collected() { [ "$(records "$1")" -gt 100 ] && callsyncctl cdr show "$1" --json | grep -q '"state": *"done"'; }
synced() { [ "$(callsyncctl sync status "$1" --json | field status)" = Enabled ]; }
in_force() { callsyncctl config show --json | grep -q "$1"; }
refused() { journalctl -u callsyncd -o json CALLSYNC_EVENT=config.refused | grep -q config.refused; }
no_notice() { ! callsyncctl status | grep -q nonsense; }
account_is() { [ "$(callsyncctl account show "$1" --json | field state)" = "$2" ]; }
state_is() { [ "$(systemctl is-active callsyncd)" = "$1" ]; }
job_of() { callsyncctl job list "$1" --json | tr '{' '\n' | grep "\"kind\": *\"$2\"" | grep -q "\"state\": *\"$3\""; }

# add ACCOUNT GROUP: an account of the simulator.
add() {
    approve "$1" "$(callsyncctl account add "$1" --group "$2" --json | field authorize_url)"
}

# approve ACCOUNT URL: as a person in a browser would.
approve() {
    local url=$2 answer
    answer=$(ask_simulator /_sim/authorize "{\"url\": \"$url\", \"user\": \"owner@$1.example.com\"}")
    say "the simulated browser: $answer"
    field redirect_url <<<"$answer" | sed 's/\\u0026/\&/g' >/tmp/redirected
    check_says "$1 is connected" "Connected. Zoom account number" callsyncctl account authorize "$1" --code-file /tmp/redirected
}

look_at_the_journal() {
    local line
    line=$(journalctl -u callsyncd -o json CALLSYNC_EVENT=cdr.activated | tail -n 1)
    for part in '"CALLSYNC_ACCOUNT":"acme"' '"MESSAGE_ID":"57be0f424ff8439cacece9a78cad3639"' '"PRIORITY":"6"' '"SYSLOG_IDENTIFIER":"callsyncd"'; do
        check_says "the journal has $part" "$part" echo "$line"
    done
    check_says "the journal names jobs" '"CALLSYNC_JOB":"' journalctl -u callsyncd -o json
    check_says "journalctl -x explains an event" "Somebody did so on purpose" journalctl -u callsyncd -x
    # No call party is named at info level: numbers of the simulator's people begin so.
    check_exit "no call party's number is in the journal" 1 grep -qE '\+1[0-9]{10}' <(journalctl -u callsyncd -o cat)
}

reload_a_bad_file() {
    local pid
    pid=$(main_pid)
    cp -p $CONFIG /tmp/good.yaml
    echo "nonsense: 1" >>$CONFIG
    systemctl reload callsyncd
    check_soon "the refusal is in the journal" 20 refused
    check "the daemon keeps running with a bad file" is "$(main_pid)" "$pid"
    check_says "status says that a file was refused" "nonsense" callsyncctl status
    cp -p /tmp/good.yaml $CONFIG
    systemctl reload callsyncd
    check_soon "a good file clears it" 20 no_notice
    echo "nonsense: 1" >>$CONFIG
    systemctl restart callsyncd
    check_soon "a bad file ends a start" 30 state_is failed
    check "the exit status is 78" is "$(systemctl show -P ExecMainStatus callsyncd)" 78
    check "it is not tried again" is "$(systemctl show -P SubState callsyncd)" failed
    check_exit "the control program tells that the daemon is gone" 3 callsyncctl status
    cp -p /tmp/good.yaml $CONFIG
    systemctl start callsyncd
    check_soon "with a good file it starts" 60 callsyncctl status
}

break_it() {
    local pid before
    mkdir -p /etc/systemd/system/callsyncd.service.d
    printf '[Service]\nWatchdogSec=3\nRestartSec=1\n' >/etc/systemd/system/callsyncd.service.d/check.conf
    systemctl daemon-reload
    systemctl restart callsyncd
    check_soon "it starts with a short watchdog" 60 callsyncctl status
    pid=$(main_pid)
    kill -STOP "$pid"
    check_soon "the watchdog restarts a daemon that hangs" 60 another "$pid"
    check_says "the journal tells so" "Watchdog timeout" journalctl -u callsyncd
    rm /etc/systemd/system/callsyncd.service.d/check.conf
    printf '[Service]\nRestartSec=1\n' >/etc/systemd/system/callsyncd.service.d/check.conf
    systemctl daemon-reload
    before=$(records acme)
    pid=$(main_pid)
    kill -KILL "$pid"
    check_soon "systemd restarts a daemon that was killed" 60 another "$pid"
    check "no record is lost" test "$(records acme)" -ge "$before"

    # A backfill that takes long: every answer is late.
    ask_simulator /_sim/faults '{"effect": "latency", "millis": 700, "path_prefix": "/v2/phone/call_history", "times": 100000, "account": "globex"}'
    callsyncctl cdr set globex --server local --database globex --enable --backfill 6mo
    callsyncctl cdr create-database globex
    check "a second account is activated" callsyncctl cdr activate globex
    check_soon "its backfill runs" 60 job_of globex backfill running
    before=$SECONDS
    systemctl stop callsyncd
    check "it stops in the middle of a backfill, within its deadline" test $((SECONDS - before)) -lt 30
    check "it was not killed" is "$(systemctl show -P Result callsyncd)" success
    systemctl start callsyncd
    check_soon "it starts again" 60 callsyncctl status
    check_soon "the backfill goes on" 60 job_of globex backfill running
}

first_boot() {
    install_it
    connect
    look_at_the_journal
    reload_a_bad_file
    people
    break_it
    records acme >/check/records
    sync
    systemctl --no-block reboot
}

second_boot() {
    local before pid
    check_soon "after a reboot it is there again" 120 callsyncctl status
    before=$(cat /check/records)
    check "after a reboot no record is missing" test "$(records acme)" -ge "$before"
    check_soon "after a reboot the simulator is there" 60 test -s /run/callsync-rehearsal/ready.json
    # The tokens of before the reboot are good: nobody authorizes, and calls that come now are collected.
    ask_simulator /_sim/accounts/acme/calls '{"count": 7}' >/dev/null
    check_soon "after a reboot collecting goes on" 60 more_than "$before"
    check "with the tokens of before" account_is acme authorized
    check "and a poll asked for ends well" callsyncctl cdr run acme --wait
    before=$(records acme)
    ask_simulator /_sim/accounts/acme/revoke '{}' >/dev/null
    check_soon "tokens that Zoom refuses are noticed" 60 account_is acme reauthorization_required
    check_exit "and then collecting is refused with its own exit code" 9 callsyncctl cdr run acme --wait
    approve acme "$(callsyncctl account authorize acme --json | field authorize_url)"
    check "after that collecting goes on" callsyncctl cdr run acme --wait
    pid=$(main_pid)
    check "the package is upgraded" dpkg -i /check/next.deb
    check_soon "the upgrade restarts the daemon" 60 another "$pid"
    check "after the upgrade no record is missing" test "$(records acme)" -ge "$before"
    check_says "a changed configuration is kept" zoomsim_client_id cat $CONFIG
    check_says "going back is refused with a reason" "refusing to replace version 99.0.0" dpkg -i /check/callsyncd.deb
    check_says "the newer version stays" "99.0.0-1" dpkg-query -W -f '${Version} ${Status}' callsyncd
    check_says "the newer version stays installed" "install ok installed" dpkg-query -W -f '${Version} ${Status}' callsyncd
    check "and goes on" callsyncctl status
    check "who insists may go back" env CALLSYNC_ALLOW_DOWNGRADE=yes dpkg -i /check/callsyncd.deb
    check_soon "and that is active" 60 active
    check "and forward again" dpkg -i /check/next.deb
    check_soon "which is active, too" 60 active
    check "the package is removed" dpkg -r callsyncd
    check_exit "the daemon is gone" 1 runs
    check_says "removing keeps the configuration" zoomsim_client_id cat $CONFIG
    check "removing keeps the state" test -s $STATE/state.db
    check "removing keeps the databases" test -s $STATE/databases/acme.db
    check "it is installed once more" dpkg -i /check/next.deb
    check_soon "and takes up where it ended" 60 callsyncctl account show acme
    check "with every record" test "$(records acme)" -ge "$before"
    check_says "purging tells where the databases are" "$STATE/databases/acme.db" dpkg -P callsyncd
    check "purging keeps the databases" test -s $STATE/databases/acme.db
    check_exit "purging removes the state" 1 test -e $STATE/state.db
    check_exit "purging removes the configuration" 1 test -e /etc/callsyncd
    check_exit "purging removes the key" 1 test -e $SEALED
    check_exit "purging leaves no link behind" 1 test -L /etc/systemd/system/multi-user.target.wants/callsyncd.service
    check "a new installation after a purge starts afresh" dpkg -i /check/next.deb
    check_soon "and is active" 60 callsyncctl status
    check_says "without accounts" "No accounts" callsyncctl account list
    upgrade_from_the_first_version
    echo done >>/check/findings
    sync
    systemctl --no-block poweroff
}

# What the first version wrote is in place of what there is, and the package is upgraded.
upgrade_from_the_first_version() {
    check "everything is purged once more" dpkg -P callsyncd
    rm -rf $STATE
    check "an earlier version is installed" dpkg -i /check/callsyncd.deb
    check_soon "and is active" 60 callsyncctl status
    systemctl stop callsyncd
    rm -f $STATE/state.db*
    mkdir -p -m 0700 $STATE/databases
    cp /check/old-state.db $STATE/state.db
    cp /check/old-records.db $STATE/databases/old.db
    cp /check/old-master.key $STATE/master.key
    chown -R callsync:callsync $STATE
    chmod 0600 $STATE/state.db $STATE/databases/old.db $STATE/master.key
    check "the package is upgraded over it" dpkg -i /check/next.deb
    check "what an administrator stopped stays stopped" state_is inactive
    systemctl start callsyncd
    check_soon "the new version takes it up" 60 callsyncctl status
    check_says "the journal tells that the state was upgraded" "the state store was brought from schema 1 to" journalctl -u callsyncd
    check_says "the group is there" "boss@example.com" callsyncctl group show Sales
    check_says "every call is there" '"records":6' callsyncctl cdr show "Old & Co" --json
    check "and can be read" is "$(callsyncctl calls export "Old & Co" --format ndjson --output - | wc -l)" 6
    check_says "the journal tells that the records were upgraded" "the record database was brought from schema 1 to" journalctl -u callsyncd
    check "the audit log is whole" callsyncctl audit verify
    # Written by a version that is newer than any.
    systemctl stop callsyncd
    cp -p $STATE/state.db /tmp/state.db
    cp /check/newer-state.db $STATE/state.db
    systemctl start callsyncd
    check_soon "state of a newer version ends the start" 30 state_is failed
    check "with exit status 78" is "$(systemctl show -P ExecMainStatus callsyncd)" 78
    check_says "and a reason" "was written by a newer callsyncd: its schema is 999" journalctl -u callsyncd
    cp -p /tmp/state.db $STATE/state.db
    systemctl start callsyncd
    check_soon "with its own state it starts" 60 callsyncctl group show Sales
}

more_than() { [ "$(records acme)" -gt "$1" ]; }

runs() { cat /proc/[0-9]*/comm 2>/dev/null | grep -qx callsyncd; }

if [ -e /check/records ]; then second_boot; else first_boot; fi
