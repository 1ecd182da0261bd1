# Who may do what on an installed system, verb by verb: a viewer, a restricted one, an administrator by group, somebody of
# the administrators' group alone, and a stranger. Sourced by the scripts of this folder.

# Verbs that look at one account; ACCOUNT stands for its name, CALL for one of its calls, JOB for one of its jobs.
LOOKING_AT_ONE=(
    "account show ACCOUNT"
    "account scopes ACCOUNT"
    "cdr show ACCOUNT"
    "cdr gaps ACCOUNT"
    "sync status ACCOUNT"
    "schedule list ACCOUNT"
    "schedule preview ACCOUNT"
    "purge preview ACCOUNT"
    "purge history ACCOUNT"
    "archive status ACCOUNT"
    "hold list ACCOUNT"
    "removal plan ACCOUNT"
    "subject find ACCOUNT --number +14155550100"
    "subject export ACCOUNT --number +14155550100 --output -"
    "calls list ACCOUNT --limit 5"
    "calls show ACCOUNT CALL"
    "calls export ACCOUNT --format csv --output -"
    "directory list ACCOUNT"
    "directory search ACCOUNT a"
    "job list ACCOUNT"
)
# Verbs that look at everything one may see.
LOOKING=(
    "status"
    "doctor"
    "health"
    "health --format nagios"
    "group list"
    "group show Sales"
    "account list"
    "account scopes"
    "server list"
    "schedule list"
    "hold list"
    "removal list"
    "job list"
    "job show JOB"
    "events"
    "alert list --all"
    "version"
)
# Verbs that look at the installation as a whole: not for a restricted viewer.
LOOKING_AT_ALL=(
    "metrics"
    "health --format openmetrics"
    "config show"
    "audit list"
    "audit verify"
)
# Verbs that change something, or make the daemon act.
CHANGING=(
    "config check"
    "group add Mine"
    "group set Sales --main-contact me@example.com"
    "group rename Sales Mine"
    "group remove Support --yes"
    "account add mine --group Sales"
    "account authorize ACCOUNT"
    "account rename ACCOUNT mine"
    "account test ACCOUNT"
    "account deauthorize ACCOUNT --yes"
    "account confirm-deauthorization ACCOUNT --intended no --by me"
    "account remove ACCOUNT --yes"
    "server test local"
    "cdr set ACCOUNT --poll-interval 1h"
    "cdr create-database ACCOUNT"
    "cdr activate ACCOUNT"
    "cdr deactivate ACCOUNT --yes"
    "cdr run ACCOUNT"
    "cdr backfill ACCOUNT --from 2026-01-01 --to 2026-01-02"
    "cdr reconcile ACCOUNT"
    "sync run ACCOUNT"
    "schedule add sync ACCOUNT --days daily --at 06:00 --timezone UTC"
    "purge run ACCOUNT --yes"
    "archive run ACCOUNT"
    "archive restore ACCOUNT --from 2026-01-01 --to 2026-01-02"
    "hold add ACCOUNT --reason none"
    "removal consent ACCOUNT --role manager --file /etc/hostname --from me"
    "removal run ACCOUNT --yes-irreversible"
    "removal cancel ACCOUNT"
    "subject erase ACCOUNT --number +14155550100 --yes-irreversible"
    "job cancel JOB"
    "alert test"
    "alert mute no_cdr --for 1h"
)

# as_typed USER VERB ACCOUNT: runs a verb of the lists.
as_typed() {
    local words
    words=${2//ACCOUNT/$3}
    words=${words//CALL/$CALL}
    words=${words//JOB/$JOB}
    # shellcheck disable=SC2086 # words are split on purpose
    as "$1" callsyncctl $words
}

# nothing_told USER VERB ACCOUNT CODE: it ends with this code, and not a word goes to standard output.
nothing_told() {
    local out code=0
    out=$(as_typed "$1" "$2" "$3" 2>/dev/null) || code=$?
    [ "$code" = "$4" ] && [ -z "$out" ]
}

# health and doctor end with 1 when something is to be done, which is not what is asked here.
may_look() {
    local code=0
    as_typed "$@" >/dev/null || code=$?
    case $2 in
    health* | doctor*) [ "$code" -le 2 ] ;;
    *) [ "$code" = 0 ] ;;
    esac
}

people() {
    local verb
    useradd -G callsync viewer
    useradd -G callsync,callsync-admin boss
    useradd -G callsync-admin halfway
    useradd stranger
    groupadd sales-ops
    useradd -G callsync,sales-ops seller
    # So that purge and archive have something to show.
    check "retention is set" callsyncctl cdr set acme --retain calls=730d,elements=730d,directory=never,history=90d \
        --archive-server local --archive-database acme_old --archive-after 365d
    CALL=$(callsyncctl calls list acme --limit 1 --json | field call_history_uuid)
    JOB=$(callsyncctl job list acme --json | field id)
    check "there is a call and a job to ask for" test -n "$CALL" -a -n "$JOB"
    for verb in "${LOOKING[@]}" "${LOOKING_AT_ONE[@]}" "${LOOKING_AT_ALL[@]}"; do
        check "a viewer may: $verb" may_look viewer "$verb" acme
        check "a stranger may not: $verb" refused_to_a_stranger "$verb"
    done
    for verb in "${CHANGING[@]}"; do
        check "a viewer may not: $verb" nothing_told viewer "$verb" acme 4
        check "a stranger may not: $verb" nothing_told stranger "$verb" acme 4
    done
    check "the administrators' group alone opens nothing" nothing_told halfway status acme 4
    check_exit "a viewer may not read the databases' files" 2 as viewer ls $STATE/databases
    check_exit "a viewer may not read the secrets" 1 as viewer cat /etc/callsyncd/zoom-client-secret
    check "an administrator may change" as boss callsyncctl group add Support
    check_says "the refusal is in the audit log" '"user":"viewer"' callsyncctl audit list --json
    check "so is the change, with who, what, before and after" on_record
    check "the audit log is whole" callsyncctl audit verify
    add globex Support
    sed -i 's|^  #viewers:.*|  viewers:\n  - {group: sales-ops, enterprise_groups: ["Sales"]}|' $CONFIG
    check "the restricted configuration is good" callsyncd --check-config
    systemctl reload callsyncd
    check_soon "the restriction is in force" 20 in_force sales-ops
    for verb in "${LOOKING_AT_ONE[@]}"; do
        check "a restricted viewer may, of an account of the group: $verb" may_look seller "$verb" acme
        check "a restricted viewer may not, of another: $verb" nothing_told seller "$verb" globex 5
        check "a viewer whom no entry names may not: $verb" nothing_told viewer "$verb" acme 5
    done
    for verb in "${LOOKING_AT_ALL[@]}"; do
        check "a restricted viewer may not: $verb" nothing_told seller "$verb" acme 4
    done
    for verb in "${LOOKING[@]}"; do
        check "a restricted viewer learns nothing of others by: $verb" no_word_of_globex "$verb"
    done
    check "an administrator still sees all" as boss callsyncctl account show globex
    check "and no setting was changed by all this" account_is acme authorized
}

# The kernel refuses the connection. Verbs that speak also without a daemon know nothing of accounts then.
refused_to_a_stranger() {
    case $1 in
    version | doctor | "health --format nagios")
        ! as_typed stranger "$1" acme 2>&1 | grep -q acme && as_typed stranger "$1" acme 2>&1 | grep -qi "permi"
        ;;
    *) nothing_told stranger "$1" acme 4 ;;
    esac
}

on_record() {
    callsyncctl audit list --json | grep -q "\"uid\":$(id -u boss),\"user\":\"boss\",\"pid\":[0-9]*,\"role\":\"admin\",\"action\":\"group.add\",\"object\":\"Support\",\"outcome\":\"ok\",\"after\":{[^}]*\"name\":\"Support\""
}

no_word_of_globex() { ! as_typed seller "$1" acme 2>&1 | grep -qE 'globex|Support'; }
