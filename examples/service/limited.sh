#!/bin/sh
# The service in a memory cgroup of 64 MB, which is what `docker run --memory=64m` sets: ask it 200
# questions, print the most that the group held. As root, on Linux:
#
#     sh examples/service/limited.sh words.iiq WORD
set -eu
file=$1 word=$2 port=8764
for root in /sys/fs/cgroup/memory /sys/fs/cgroup; do [ -w "$root" ] && break; done
group=$root/iiq-service
mkdir "$group"
if [ -e "$group/memory.limit_in_bytes" ]; then limit=memory.limit_in_bytes peak=memory.max_usage_in_bytes
else limit=memory.max peak=memory.peak; fi
echo 64M > "$group/$limit"
sh -c "echo \$\$ > $group/cgroup.procs; OPENBLAS_NUM_THREADS=1 exec ${PYTHON:-python3} $(dirname "$0")/server.py $file --port $port" &
server=$!
trap 'kill $server; sleep 1; rmdir $group' EXIT
until curl -sf "http://127.0.0.1:$port/nearest?word=$word"; do sleep 1; kill -0 $server; done
for i in $(seq 200); do curl -sf "http://127.0.0.1:$port/nearest?word=$word&n=$((i % 50 + 1))" > /dev/null; done
echo
echo "200 questions answered; the most that the group held: $(($(cat "$group/$peak") / 1000000)) MB"
