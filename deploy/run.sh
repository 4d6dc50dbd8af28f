#!/usr/bin/env bash
# Sets up, builds and runs a demonstration region: three hospitals, one exchange, one emergency.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
data_dir="$root/build/demo"
port_base=7400
people=300
seed=1
once=0
separate=0

usage() {
  cat <<EOF
usage: deploy/run.sh [options]
  --once            end after the answer; exit 0 only if it was right
  --separate        one process per role, over mutual TLS, instead of one for all
  --data_dir DIR    where region, keys and state live (default: build/demo); reused when there
  --port_base N     first of the ports that are used (default: 7400)
  --people N        inhabitants of a new region (default: 300)
  --seed N          seed of a new region (default: 1)
EOF
}

fail() { printf 'run: error: %s\n' "$*" >&2; exit 1; }
say() { printf 'run: %s\n' "$*"; }

while [ $# -gt 0 ]; do
  case "$1" in
    --once) once=1 ;;
    --separate) separate=1 ;;
    --data_dir | --port_base | --people | --seed)
      [ $# -ge 2 ] || fail "$1 needs a value"
      declare "${1#--}=$2"
      shift
      ;;
    --data_dir=* | --port_base=* | --people=* | --seed=*)
      name="${1%%=*}"
      declare "${name#--}=${1#*=}"
      ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; fail "unknown option $1" ;;
  esac
  shift
done
[[ "$port_base" =~ ^[0-9]+$ ]] && [ "$port_base" -ge 1024 ] && [ "$port_base" -le 65000 ] ||
  fail "--port_base: want 1024 to 65000"

roles=(audit directory consent registry mpi gateway)
members=(north lakes valley)
gateway_port=$port_base
https_port=$((port_base + 7))
mllp_port=$((port_base + 8))
admin_port=$((port_base + 9))
declare -A role_port=()
for i in "${!roles[@]}"; do role_port[${roles[$i]}]=$((port_base + 1 + i)); done

"$root/deploy/setup.sh"
"$root/deploy/build.sh" release hied hie-agent hiectl
bin="$root/build/release/bin"

port_is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
ports=("$gateway_port" "$https_port" "$mllp_port" "$admin_port")
[ "$separate" -eq 0 ] || for role in "${roles[@]}"; do
  [ "$role" = gateway ] || ports+=("${role_port[$role]}")
done
for port in "${ports[@]}"; do
  port_is_free "$port" || fail "port $port is in use; stop what uses it or choose another --port_base"
done

mkdir -p "$data_dir/log" "$data_dir/run"
data_dir="$(cd "$data_dir" && pwd)"
region="$data_dir/region"
pki="$data_dir/pki"
if [ -f "$region/truth.tsv" ]; then
  say "reusing the region in $region"
else
  rm -rf "$region"
  "$bin/hiectl" gen region --people "$people" --members 3 --seed "$seed" --out "$region"
fi
"$bin/hiectl" pki init --members "$region/members.textproto" --out "$pki"

pids=()
stop_all() {
  trap - EXIT INT TERM
  local i
  # Agents and gateway first, the audit last: what they changed is still delivered to it.
  for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
    kill -TERM "${pids[$i]}" 2>/dev/null || true
    wait "${pids[$i]}" 2>/dev/null || true
  done
}
trap stop_all EXIT
trap 'say "stopping"; exit 0' INT TERM

# start NAME COMMAND...: runs it with its log, and its ready file to wait for.
start() {
  local name="$1"
  shift
  rm -f "$data_dir/run/$name.ready"
  "$@" --log "$data_dir/log/$name.log" --ready_file "$data_dir/run/$name.ready" \
    2>"$data_dir/log/$name.err" &
  pids+=($!)
}

# await NAME SECONDS: until it is ready; a program that ended says why.
await() {
  local name="$1" pid="${pids[-1]}" tick
  [ $# -lt 3 ] || pid="$3"
  for ((tick = 0; tick < $2 * 10; tick++)); do
    [ ! -f "$data_dir/run/$name.ready" ] || return 0
    kill -0 "$pid" 2>/dev/null || { cat "$data_dir/log/$name.err" >&2; fail "$name ended while starting"; }
    sleep 0.1
  done
  fail "$name was not ready after $2 s; see $data_dir/log/$name.log"
}

common=(--data_dir "$data_dir/state" --pki_dir "$pki" --policy "$root/deploy/config/policies/us-optout.toml"
  --bootstrap "$pki/directory.textproto" --listen "127.0.0.1:$gateway_port")
doors=(--admin "127.0.0.1:$admin_port" --https "127.0.0.1:$https_port" --mllp "127.0.0.1:$mllp_port"
  --member_ca "$pki/ca.crt")
if [ "$separate" -eq 1 ]; then
  addresses=""
  for role in "${roles[@]}"; do
    [ "$role" = gateway ] || addresses+="$role=127.0.0.1:${role_port[$role]},"
  done
  for role in "${roles[@]}"; do
    extra=()
    [ "$role" != gateway ] || extra=("${doors[@]}")
    start "hied-$role" "$bin/hied" --roles "$role" --addresses "$addresses" "${common[@]}" "${extra[@]}"
    await "hied-$role" 30
  done
  say "six processes, one per role, talk over mutual TLS"
else
  start hied "$bin/hied" --roles all "${common[@]}" "${doors[@]}"
  await hied 30
fi

number=10
agents=()
for member in "${members[@]}"; do
  start "agent-$member" "$bin/hie-agent" --gateway "127.0.0.1:$gateway_port" --member "$member" \
    --cert "$pki/members/$member/client.crt" --key "$pki/members/$member/client.key" \
    --ca "$pki/ca.crt" --domain "2.999.1.$number.1" --source "$region/$member"
  agents+=("${pids[-1]}")
  number=$((number + 10))
done
say "three agents announce their patients to the exchange"
for i in "${!members[@]}"; do await "agent-${members[$i]}" 120 "${agents[$i]}"; done

export HIE_GATEWAY="127.0.0.1:$gateway_port"
result=0
"$bin/hiectl" demo run --region "$region" --pki "$pki" || result=$?

if [ "$once" -eq 1 ]; then
  [ "$result" -eq 0 ] && say "the answer was right" || say "the answer was not right (exit code $result)"
  exit "$result"
fi
cat <<EOF

The exchange runs:
  gateway   127.0.0.1:$gateway_port (gRPC, mutual TLS)
  FHIR R4   https://127.0.0.1:$https_port/fhir (tokens: https://127.0.0.1:$https_port/oauth2/token)
  HL7 v2    127.0.0.1:$mllp_port (MLLP)
  admin     http://127.0.0.1:$admin_port/metrics  /readyz  /livez
  logs      $data_dir/log
Try, in another terminal:
  export HIE_GATEWAY=127.0.0.1:$gateway_port PATH="$bin:\$PATH"
  export HIE_CREDENTIALS=$pki/members/north HIE_USER=dr.reyes HIE_ROLE=ed_physician HIE_PURPOSE=ETREAT
  hiectl patient find --file $region/demo/patient.json
  hiectl query run --demographics $region/demo/patient.json
  hiectl --credentials $pki/members/hie --user admin --role hie_admin --purpose PATADMIN member list
  hiectl --credentials $pki/members/hie --user officer --role privacy_officer --purpose PATADMIN audit verify
  curl --cacert $pki/ca.crt https://127.0.0.1:$https_port/fhir/metadata
To let a hospital join: deploy/runbooks/onboarding.md.
Ctrl-C stops everything; the next start reuses the data.
EOF
while :; do sleep 3600 & wait $! || true; done
