#!/usr/bin/env bash
# Runs the Dockerfile's own steps in an empty folder, without Docker, then serves from the result and asks for its health
# by the Dockerfile's own HEALTHCHECK. PYTHON=python3.12 names the interpreter that stands for the base image's.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
root=$(mktemp -d)
bot=""
clean() {
    [ -z "$bot" ] || kill "$bot" 2>/dev/null || true
    [ -z "$bot" ] || wait "$bot" 2>/dev/null || true
    rm -rf "$root"
}
trap clean EXIT
complain() { echo "container.sh: $1" >&2; exit 1; }

# The base image: a `python` and nothing else of ours. A real one has no settings of this machine's Python either.
unset PYTHONPATH PYTHONHOME VIRTUAL_ENV
mkdir -p "$root/base"
ln -s "$("${PYTHON:-python3}" -c 'import sys; print(sys.executable)')" "$root/base/python"
PATH="$root/base:$PATH"

# One instruction a line; a continued line keeps its words.
instructions() { sed -e '/^[[:space:]]*#/d' "$top/Dockerfile" | sed -e ':a' -e '/\\$/{N;s/\\\n[[:space:]]*/ /;ba' -e '}' | sed '/^$/d'; }
# The image's absolute paths, inside $root; the image's user is whoever runs this.
inside() {
    sed -e "s#\([ =\"/]\)\(/opt/purgebot\|/src\|/data\|/config\)\b#\1$root\2#g" -e "s#sqlite:///$root#sqlite:///$root#" \
        -e "s#-o 10001 -g 10001#-o $(id -u) -g $(id -g)#"
}

here=$root ignored=$(grep '^!' "$top/.dockerignore" | tr -d '!')
copy() { # COPY source… target, of what .dockerignore lets through
    local target=${*: -1} source
    for source in "${@:1:$#-1}"; do
        grep -qxF "$source" <<<"$ignored" || complain "COPY $source: .dockerignore keeps it out of the build."
        if [ -d "$top/$source" ]; then cp -R "$top/$source" "$here/$target"; else cp "$top/$source" "$here/$target/"; fi
    done
}
health="" entry="" user=""
while IFS= read -r line; do
    word=${line%% *} rest=$(inside <<<" ${line#* }")
    rest=${rest# }
    case $word in
        FROM | EXPOSE | VOLUME | CMD) ;;
        WORKDIR) mkdir -p "$rest" && here=$rest ;;
        COPY) case $rest in --from=*) ;; *) eval "copy $rest" ;; esac ;;
        RUN) echo "RUN ${line#* }" | cut -c1-100; (cd "$here" && sh -euc "$rest") >"$root/log" 2>&1 || { cat "$root/log"; complain "this step ended with an error: $line"; } ;;
        ENV) eval "export $rest" ;;
        USER) user=$rest ;;
        HEALTHCHECK) health=${rest#*CMD } ;;
        ENTRYPOINT) entry=$(tr -d '[]",' <<<"$rest") ;;
        *) complain "it does not know the instruction $word." ;;
    esac
done < <(instructions)
[ -n "$health" ] && [ -n "$entry" ] || complain "the Dockerfile has no HEALTHCHECK or no ENTRYPOINT."
case $user in 0 | 0:* | root* | "") complain "the image would run as root." ;; esac

cd "$here"
[ "$(command -v "$entry")" = "$root/opt/purgebot/bin/purgebot" ] || complain "$entry is not the image's own."
python -c 'import bot, sys; sys.exit(not bot.__file__.startswith(sys.prefix))' || complain "the image does not hold the bot."
for absent in pytest mypy playground pip; do
    python -c "import $absent" 2>/dev/null && complain "the image holds $absent, which is not needed to run."
done
# What the image leaves out of others' packages is missed by nothing: a chart, HTTP's own rules, AWS's credentials.
python - <<'PROGRAM' >"$root/log" 2>&1 || { cat "$root/log"; complain "something is missing in the image."; }
import asyncio

from bot.domain.answers.answer import Answer
from bot.domain.stats import Stats
from bot.edge.http_rules import Httplint
from bot.slack.chart import draw
from botocore.session import Session

assert draw(Stats(total=1, kinds={"url": 1}), {}, "Purges").startswith(b"\x89PNG")
assert asyncio.run(Httplint().remarks(Answer("https://www.shop.test/", "fra", 0.0, 200, (("age", "-1"),), "x")))
for service in ("sts", "sso", "sso-oidc", "signin"):
    Session().create_client(service, region_name="us-east-1")
PROGRAM
"$entry" --help >/dev/null
mkdir -p "$(dirname "$PURGEBOT_CONFIG")"
"$entry" config example >"$PURGEBOT_CONFIG"
"$entry" config check

ports=$(python -c 'import socket; a, b = socket.socket(), socket.socket(); [s.bind(("127.0.0.1", 0)) for s in (a, b)]; print(a.getsockname()[1], b.getsockname()[1])')
export HOST=127.0.0.1 PORT=${ports% *} METRICS_PORT=${ports#* } CLOUDFLARE_TOKEN=none # not on every interface of this machine
"$entry" serve >"$root/log" 2>&1 &
bot=$!
for _ in $(seq 100); do
    if sh -c "$health" 2>/dev/null; then
        du -sh "$root/opt/purgebot" | sed "s#$root##; s#^#The image adds #"
        echo "It serves, and its health check says so."
        exit 0
    fi
    kill -0 "$bot" 2>/dev/null || break
    sleep 0.2
done
cat "$root/log"
complain "it does not serve."
