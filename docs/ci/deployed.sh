#!/bin/sh
# Tells purgebot of a deploy, waits until the edge is proven to serve it, and ends as `purgebot wait` does. Needs curl
# and openssl. `openssl` gets the key as an argument: run it where nobody else can list processes, as in a CI job.
#
#   PURGEBOT_URL            where purgebot is, such as https://purgebot.example.net
#   PURGEBOT_DEPLOY_SECRET  the sender's secret, as in `deploys.tokens` of its configuration (whsec_…)
#   PURGEBOT_TIMEOUT        whole seconds to wait for room and for the proof, 600 where it is not set; 0 tells and does
#                           not wait
#
#   sh deployed.sh '{"site": "shop", "version": "4.2.0", "paths": ["/", "/pricing"]}'
#   sh deployed.sh @deploy.json        # from a file: one argument may hold 128 KiB at most, and a manifest is larger
#   jq … | sh deployed.sh -            # from standard input
#
# Ends with 0 fresh or unchecked · 1 failed or partial, or purgebot cannot be reached · 2 refused or not understood, or
# wrongly called: then nothing was sent · 3 purged, but the edge still serves the old · 4 needs a decision · 5 denied,
# expired or cancelled · 6 purged, proof not possible · 7 no end in time.
set -eu

wrong() {
    printf 'deployed.sh: %s Nothing was sent.\n' "$1" >&2
    exit 2
}

[ "$#" -eq 1 ] && [ -n "$1" ] || wrong "it takes the deploy as its one argument, @FILE or - for standard input, such as
  sh deployed.sh '{\"site\": \"shop\", \"version\": \"4.2.0\", \"paths\": [\"/\", \"/pricing\"]}'"
[ -n "${PURGEBOT_URL:-}" ] || wrong "PURGEBOT_URL is not set. Set it to where purgebot is, such as https://purgebot.example.net."
[ -n "${PURGEBOT_DEPLOY_SECRET:-}" ] ||
    wrong "PURGEBOT_DEPLOY_SECRET is not set. Set it to the sender's secret, whsec_…, as in deploys.tokens of purgebot.yaml."
patience=${PURGEBOT_TIMEOUT:-600}
case $patience in
*[!0-9]* | ???????*)
    wrong "PURGEBOT_TIMEOUT is '$patience', which is no number of seconds. Set it to whole ones, such as 600; 0 does not wait."
    ;;
esac
while [ "${patience#0?}" != "$patience" ]; do patience=${patience#0}; done # to the shell 010 is eight
for program in curl openssl base64 od; do
    command -v "$program" >/dev/null || wrong "$program is not installed here. Install it, or take an image that has it."
done
secret=$(printf %s "${PURGEBOT_DEPLOY_SECRET#whsec_}" | tr -d ' \r\n')
case $secret in *[!A-Za-z0-9+/=]*) secret='' ;; esac
key=$(printf %s "$secret" | base64 -d 2>/dev/null | od -An -v -tx1 | tr -d ' \n')
[ "${#key}" -ge 48 ] ||
    wrong "PURGEBOT_DEPLOY_SECRET is no secret of a sender: whsec_ and the base64 of 24 to 64 bytes. Copy it whole."

url=${PURGEBOT_URL%/}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
body=$folder/body nothing=$folder/nothing answer=$folder/answer heads=$folder/heads
: >"$nothing"
case $1 in
- | @-) cat >"$body" ;;
@*)
    [ -r "${1#@}" ] && [ ! -d "${1#@}" ] || wrong "there is no file '${1#@}' that can be read. Name the one that holds the deploy."
    cat -- "${1#@}" >"$body"
    ;;
*) printf %s "$1" >"$body" ;;
esac
[ -s "$body" ] || wrong "the deploy is empty. Send at least its site and version."

# The same id and body may be sent any number of times: it is one deploy.
sent_id="msg_$(openssl rand -hex 16)"

# ask ID FILE CURL-ARGUMENTS…: signs what the file holds as Standard Webhooks 1.0 says; the HTTP status, "000" where there
# was no answer.
ask() {
    id=$1 content=$2
    shift 2
    at=$(date +%s)
    signature=$({ printf '%s.%s.' "$id" "$at" && cat "$content"; } |
        openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | base64 | tr -d '\n')
    : >"$answer" && : >"$heads"
    curl --silent --show-error --max-time 90 --output "$answer" --dump-header "$heads" --write-out '%{http_code}' \
        --header "webhook-id: $id" --header "webhook-timestamp: $at" --header "webhook-signature: v1,$signature" \
        "$@" || true
}

# said NAME: the first text of that name in the answer, as it was before it became JSON.
said() {
    found=$(grep -oE "\"$1\": *\"([^\"\\\\]|\\\\.)*\"" "$answer" | head -n 1 | sed -e 's/^"[a-z]*": *"//' -e 's/"$//' -e 's/\\"/"/g')
    printf '%b' "$found"
}

# noted: each of the answer's notes, such as what the deploy costs, as a line of its own.
noted() {
    text='"([^"\\]|\\.)*"'
    grep -oE "\"notes\": *\[($text,? *)*\]" "$answer" | head -n 1 | sed 's/^"notes": *//' | grep -oE "$text" |
        sed -e 's/^"//' -e 's/"$//' -e 's/\\"/"/g' -e 's/\\\\/\\/g' -e 's/^/purgebot: /' || true
}

# tell: the answer in words, each line marked, so that no runner takes one for a command of its own.
tell() {
    words=$(said text)
    [ -z "$words" ] || printf '%s\n' "$words" | sed 's/^/purgebot: /'
}

# counted NAME: the first whole number of that name in the answer; nothing where there is none.
counted() { grep -oE "\"$1\": *[0-9]+" "$answer" | head -n 1 | grep -oE '[0-9]+$' || true; }

# part SEEN OF WHAT: ", 60 of 1,500 WHAT looked at" where that is known and not all of them.
part() {
    [ -n "$1" ] && [ -n "$2" ] && [ "$1" -lt "$2" ] || return 0
    printf '%s of %s' "$1" "$2" | sed -e ':a' -e 's/\([0-9]\)\([0-9]\{3\}\)\([^0-9]\|$\)/\1,\2\3/' -e 'ta' -e 's/^/, /'
    printf ' %s looked at' "$3"
}

# partly: how much of the purge the verdict rests on, as the card says it; nothing where that is all.
partly() {
    part "$(counted targets_looked_at)" "$(counted targets)" targets
    pages=$(counted pages_under_prefixes_looked_at)
    part "${pages:-0}" "$(counted pages_under_prefixes)" 'pages under prefixes'
}

# look JOB SECONDS: follows the job for so long; the HTTP status.
look() { ask "get_$(openssl rand -hex 16)" "$nothing" "$url/v1/jobs/$1?wait=$2"; }

ends=$(($(date +%s) + patience))
tries=1
while :; do
    status=$(ask "$sent_id" "$body" --header 'content-type: application/json' --data-binary "@$body" "$url/v1/deploys")
    after=$(sed -n 's/^[Rr][Ee][Tt][Rr][Yy]-[Aa][Ff][Tt][Ee][Rr]: *\([0-9]\{1,6\}\)[^0-9]*$/\1/p' "$heads" | tail -n 1)
    case $status in
    429) # it takes no more for now, and says for how long
        pause=$((${after:-2} + 0))
        [ "$pause" -gt 0 ] || pause=1
        [ $(($(date +%s) + pause)) -lt "$ends" ] || break
        detail=$(said detail)
        echo "purgebot: ${detail:-It takes no more for now.} Sent again in $pause s."
        ;;
    000 | 5??)
        [ "$tries" -lt 3 ] || break
        pause=$((tries * tries))
        tries=$((tries + 1))
        ;;
    *) break ;;
    esac
    sleep "$pause"
done
case $status in
200) # nothing to do, or a bot that only observes
    if ! grep -qE '"(ignored|observing)":' "$answer"; then
        echo "What answers at $url is no purgebot: it took the deploy without a word on it. Look at PURGEBOT_URL." >&2
        exit 1
    fi
    cat "$answer"
    exit 0
    ;;
202) ;;
4??)
    echo "purgebot refused the deploy ($status): $(said detail)" >&2
    exit 2
    ;;
*)
    echo "purgebot at $url could not take the deploy ($status). $(said detail)" >&2
    exit 1
    ;;
esac
job=$(said job)
first=$(grep -oE '"first": *\[[^]]*\]' "$answer" | grep -oE 'P-[0-9]+' | tr '\n' ' ' || true)
if [ -z "$job" ]; then
    echo "What answers at $url is no purgebot: it took the deploy and named no job. Look at PURGEBOT_URL." >&2
    exit 1
fi
echo "purgebot: $job, $(said state)${first:+, after ${first% }}"
noted
if [ "$patience" -eq 0 ]; then exit 0; fi

while :; do
    left=$((ends - $(date +%s)))
    if [ "$left" -le 0 ]; then
        echo "purgebot: $job has not ended within $patience s" >&2
        tell >&2
        exit 7
    fi
    [ "$left" -lt 60 ] || left=60
    status=$(look "$job" "$left")
    case $status in
    200) ;;
    401 | 403 | 404)
        echo "purgebot does not show $job ($status). Is this machine's clock right?" >&2
        exit 2
        ;;
    *) sleep 2 && continue ;;
    esac
    state=$(said state) verdict=$(said verdict)
    case $state in
    done | partial | failed | cancelled | denied | expired | needs_decision) break ;;
    waiting) sleep 2 ;; # for people, who are asked in Slack
    esac
done
echo "purgebot: $job $state, $verdict$(partly)"
case $state:$verdict in
done:fresh | done:unchecked) code=0 ;;
done:stale) code=3 ;;
done:*) code=6 ;;
needs_decision:*) code=4 ;;
cancelled:* | denied:* | expired:*) code=5 ;;
*) code=1 ;;
esac
if [ "$code" -gt 0 ]; then # where, why, and where to read of it; of the sites that come first as well
    tell >&2
    for job in $first; do
        if [ "$(look "$job" 0)" = 200 ]; then tell >&2; fi
    done
fi
exit "$code"
