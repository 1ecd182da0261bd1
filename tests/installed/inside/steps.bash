# What the scripts of this folder share: findings, waiting, asking. Sourced by bash inside the container.
# Every check leaves one line in /check/findings; the test outside reads them.
export LC_ALL=C.UTF-8 SYSTEMD_PAGER= SYSTEMD_COLORS=0

say() { printf '%s  == %s\n' "$(date +%T)" "$*"; }
ok() { printf 'ok %s\n' "$1" >>/check/findings; say "ok $1"; }
failed() {
    local why=${2:-}
    printf 'FAILED %s: %s\n' "$1" "${why:0:700}" >>/check/findings
    say "FAILED $1: $why"
}

# check NAME COMMAND…: the command succeeds.
check() {
    local name=$1 out
    shift
    if out=$("$@" 2>&1); then ok "$name"; else failed "$name" "exit $? of $*: ${out//$'\n'/ | }"; fi
}

# check_exit NAME CODE COMMAND…: the command ends with this exit code.
check_exit() {
    local name=$1 wanted=$2 out code=0
    shift 2
    out=$("$@" 2>&1) || code=$?
    if [ "$code" = "$wanted" ]; then ok "$name"; else failed "$name" "exit $code, not $wanted, of $*: ${out//$'\n'/ | }"; fi
}

# check_says NAME TEXT COMMAND…: the command, however it ends, prints the text.
check_says() {
    local name=$1 text=$2 out
    shift 2
    out=$("$@" 2>&1) || true
    if [[ $out == *"$text"* ]]; then ok "$name"; else failed "$name" "no \"$text\" in: ${out//$'\n'/ | }"; fi
}

# check_soon NAME SECONDS COMMAND…: the command succeeds at last.
check_soon() {
    local name=$1 end=$((SECONDS + $2))
    shift 2
    until "$@" >/dev/null 2>&1; do
        if [ $SECONDS -ge $end ]; then
            failed "$name" "never: $*"
            return 0
        fi
        sleep 0.2
    done
    ok "$name"
}

# The value of a field of a JSON document on stdin: `field records`. The documents are small and the names unique.
field() { grep -o "\"$1\": *\(\"[^\"]*\"\|[^,}]*\)" | head -n 1 | sed 's/^[^:]*: *//; s/^"//; s/"$//'; }

main_pid() { systemctl show -P MainPID callsyncd.service; }
active() { [ "$(systemctl is-active callsyncd.service)" = active ]; }
# A daemon that answers, and is not the one with this process id.
another() { active && [ "$(main_pid)" != "$1" ] && callsyncctl status; }
is() { [ "$1" = "$2" ]; }
as() { runuser -u "$1" -- "${@:2}"; }
records() { callsyncctl cdr show "$1" --json | field records; }

# POST PATH BODY to the simulator; prints the answer's body.
ask_simulator() {
    exec 3<>/dev/tcp/127.0.0.1/8470
    printf 'POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s' \
        "$1" "${#2}" "$2" >&3
    sed '1,/^\r*$/d' <&3
    exec 3>&-
}
