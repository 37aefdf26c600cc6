#!/usr/bin/env bash
# What only a GPU can tell, in at most 10 minutes: writes reports/cuda.md, which is to be committed.
# Every check has a limit in seconds, and a failed one takes no other away. DEVICE and PYTHON may be
# set; the machine needs torch, numpy, scipy, pytest, matplotlib and tabulate, and no installation.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

python=${PYTHON:-python}
device=${DEVICE:-cuda}
page=${PAGE:-reports/cuda.md}
claim=b19-fig2-epoch50
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export PYTHONPATH=src

# check TITLE SECONDS COMMAND…: a section of the page with what the command printed and its exit code
check() {
    local title=$1 seconds=$2 began=$SECONDS code=0
    shift 2
    timeout -k 5 "$seconds" "$@" >"$folder/out" 2>&1 || code=$?
    {
        printf '\n## %s\n\n`%s`: exit code %s, %s s.\n\n' "$title" "$*" "$code" $((SECONDS - began))
        if grep -q '^|' "$folder/out"; then grep '^|' "$folder/out"; else
            printf '```\n'; tail -n 15 "$folder/out"; printf '```\n'
        fi
    } | sed "s#$folder#TMP#g" >>"$page"
    echo "$title: exit code $code"
}

bench() { echo "$python" -m pytest bench/ -q -p no:cacheprovider --device "$device" --report "$folder/report"; }

mkdir -p "$(dirname "$page")"
printf '# The first run on a GPU\n\nWritten by `.ci/first-gpu.sh`.\n' >"$page"

check 'The device' 25 "$python" -c "
from epochal.identity.accelerators import detected
for each in detected().accelerators: print(each.device, each.name, dict(each.facts), each.problem)
print(detected().warnings)"
check 'One claim' 30 $(bench) --claims $claim --fresh --journal "$folder/one"
check 'Equal bits' 45 "$python" -m lab device --device "$device" repeats
check 'Distance to the CPU' 30 "$python" -m lab device --device "$device" distances
check 'Waits of the host' 25 "$python" -m lab device --device "$device" waits
check 'Time of an epoch' 45 "$python" -m lab device --device "$device" times
for workers in 1 2 4 8; do
    check "$workers workers" 20 $(bench) --claims $claim --seeds 8 --fresh --workers $workers \
        --journal "$folder/workers$workers"
done
check 'The quick tier' 120 $(bench) --fresh --journal "$folder/quick"
check 'Killed and started again: killed' 12 $(bench) --journal "$folder/killed"
check 'Killed and started again: the rest' 40 $(bench) --claims $claim --journal "$folder/killed"
check 'The gate on sentinels' 60 $(bench) --gate --tier standard --claims 'sentinel-*' \
    --journal "$folder/gate"
mkdir "$folder/tree" && cp -r src cases "$folder/tree"
check 'A/B of the same code' 60 "$python" -m epochal ab --a . --b "$folder/tree" --device "$device" \
    --claims $claim --journal "$folder/ab"
check 'All devices' 25 $(bench | sed "s/--device $device/--device all/") --claims $claim \
    --journal "$folder/all"
echo "$page"
