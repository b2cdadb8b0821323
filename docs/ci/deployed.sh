#!/bin/sh
# Tells purgebot of a deploy, waits until the edge is proven to serve it, and ends as `purgebot wait` does. Needs curl
# and openssl. `openssl` gets the key as an argument: run it where nobody else can list processes, as in a CI job.
#
#   PURGEBOT_URL            where purgebot is, such as https://purgebot.example.net
#   PURGEBOT_DEPLOY_SECRET  the sender's secret, as in `deploys.tokens` of its configuration (whsec_…)
#   PURGEBOT_TIMEOUT        seconds to wait for the proof, 600 where it is not set; 0 tells and does not wait
#
#   sh deployed.sh '{"site": "shop", "version": "4.2.0", "paths": ["/", "/pricing"]}'
#
# Ends with 0 fresh or unchecked · 1 failed or partial, or purgebot cannot be reached · 2 refused or not understood ·
# 3 purged, but the edge still serves the old · 4 needs a decision · 5 denied, expired or cancelled · 6 purged, proof not
# possible · 7 no end in time.
set -eu

body=$1
url=${PURGEBOT_URL%/}
patience=${PURGEBOT_TIMEOUT:-600}
key=$(printf %s "${PURGEBOT_DEPLOY_SECRET#whsec_}" | base64 -d | od -An -v -tx1 | tr -d ' \n')
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT

# The same id and body may be sent any number of times: it is one deploy.
sent_id="msg_$(openssl rand -hex 16)"

# ask ID BODY CURL-ARGUMENTS…: signs as Standard Webhooks 1.0 says; the HTTP status, "000" where there was no answer.
ask() {
    id=$1 content=$2
    shift 2
    at=$(date +%s)
    signature=$(printf '%s.%s.%s' "$id" "$at" "$content" |
        openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | base64)
    curl --silent --show-error --max-time 90 --output "$answer" --write-out '%{http_code}' \
        --header "webhook-id: $id" --header "webhook-timestamp: $at" --header "webhook-signature: v1,$signature" \
        "$@" || true
}

# said NAME: the first value of that name in the answer.
said() { grep -o "\"$1\": *\"[^\"]*\"" "$answer" | head -n 1 | cut -d '"' -f 4; }

tries=1
while :; do
    status=$(ask "$sent_id" "$body" --header 'content-type: application/json' --data-binary "$body" "$url/v1/deploys")
    case $status in 000 | 429 | 5??) ;; *) break ;; esac
    [ "$tries" -lt 3 ] || break
    sleep $((tries * tries))
    tries=$((tries + 1))
done
case $status in
200) # nothing to do, or a bot that only observes
    cat "$answer" && exit 0 ;;
202) ;;
4??) echo "purgebot refused the deploy ($status): $(said detail)" >&2 && exit 2 ;;
*) echo "purgebot at $url could not take the deploy ($status)." >&2 && exit 1 ;;
esac
job=$(said job)
echo "purgebot: $job, $(said state)"
[ "$patience" -gt 0 ] || exit 0

ends=$(($(date +%s) + patience))
while :; do
    left=$((ends - $(date +%s)))
    [ "$left" -gt 0 ] || { echo "purgebot: $job has not ended within $patience s" >&2 && exit 7; }
    [ "$left" -lt 60 ] || left=60
    status=$(ask "get_$(openssl rand -hex 16)" '' "$url/v1/jobs/$job?wait=$left")
    case $status in
    200) ;;
    401 | 403 | 404) echo "purgebot does not show $job ($status). Is this machine's clock right?" >&2 && exit 2 ;;
    *) sleep 2 && continue ;;
    esac
    state=$(said state) verdict=$(said verdict)
    case $state in
    done | partial | failed | cancelled | denied | expired | needs_decision) break ;;
    waiting) sleep 2 ;; # for people, who are asked in Slack
    esac
done
echo "purgebot: $job $state, $verdict"
case $state:$verdict in
done:stale) exit 3 ;;
done:unknown) exit 6 ;;
done:*) exit 0 ;;
needs_decision:*) exit 4 ;;
cancelled:* | denied:* | expired:*) exit 5 ;;
*) exit 1 ;;
esac
