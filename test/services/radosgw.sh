#!/usr/bin/env bash
# A real S3 server, Ceph's radosgw, with all data in memory: one mon, one osd, one gateway on 127.0.0.1, ready in a second.
# Usage: radosgw.sh FOLDER S3PORT MONPORT ACCESSKEY SECRET; writes "ready", then runs until one of the three ends.
# The osd enters itself in the map it is given, so nothing of Ceph's Python is needed.
set -euo pipefail
work=$1 s3_port=$2 mon_port=$3 access_key=$4 secret=$5
libraries=
for libraries in "${PARTS_ROOT:-}"/usr/lib/*-linux-gnu /usr/lib/*-linux-gnu; do [ ! -d "$libraries/rados-classes" ] || break; done
mkdir -p "$work"/{mon,osd,run,log}
fsid=$(cat /proc/sys/kernel/random/uuid)
export CEPH_CONF=$work/ceph.conf
cat >"$CEPH_CONF" <<X
[global]
fsid = $fsid
mon host = v2:127.0.0.1:$mon_port/0
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv4 = true
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
auth allow insecure global id reclaim = false
keyring = $work/keyring

# Seconds that a fresh cluster otherwise waits for itself.
mon client hunt interval = 0.1
objecter tick interval = 0.1
paxos propose interval = 0.05
paxos min wait = 0.01

# One copy, one disk, one placement group a pool.
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon max pg per osd = 1000
mon allow pool size one = true
mon osd min in ratio = 0
mon data avail warn = 2
mon data avail crit = 1
osd objectstore = memstore
memstore device bytes = 2147483648

run dir = $work/run
crash dir = $work/run
mon data = $work/mon
osd data = $work/osd
pid file = $work/run/\$name.pid
heartbeat file = $work/run/\$name.hb
admin socket = $work/run/\$name.asok
log file = $work/log/\$name.log
mon cluster log file = $work/log/cluster.log
osd class dir = $libraries/rados-classes
osd class load list = *
osd class default list = *
osd erasure code plugins =
erasure code dir = $libraries/ceph/erasure-code
plugin dir = $libraries/ceph
rgw data = $work/run
rgw frontends = beast endpoint=127.0.0.1:$s3_port
rgw run sync thread = false
X

{
  ceph-authtool -C "$work/keyring" --gen-key -n mon. --cap mon 'allow *'
  ceph-authtool "$work/keyring" --gen-key -n osd.0 --cap mon 'allow profile osd' --cap osd 'allow *'
  ceph-authtool "$work/keyring" --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *'
  osdmaptool --createsimple 1 "$work/osdmap"
  monmaptool --create --fsid "$fsid" --addv a "[v2:127.0.0.1:$mon_port]" "$work/monmap"
  ceph-mon --mkfs -i a --monmap "$work/monmap" --osdmap "$work/osdmap" --keyring "$work/keyring"
  ceph-osd --mkfs --no-mon-config -i 0 --osd-uuid "$(cat /proc/sys/kernel/random/uuid)"
} >"$work/log/mkfs.out" 2>&1 || { cat "$work/log/mkfs.out"; exit 1; }

# Nothing is worth a slow end here; waiting for the three leaves no zombies.
trap 'kill -KILL $(jobs -p); wait; exit 143' TERM
launch() { "$@" -f >"$work/log/$1.out" 2>&1 & }
launch ceph-mon -i a
launch ceph-osd -i 0
timeout --foreground 30 radosgw-admin user create --uid="$access_key" --display-name=test --access-key="$access_key" --secret="$secret" \
  >"$work/log/admin.out" 2>&1 || { tail -n 5 "$work"/log/*.out; exit 1; }
launch radosgw -n client.admin
gateway=$!
until (: <>"/dev/tcp/127.0.0.1/$s3_port") 2>"$work/log/probe.out"; do
  kill -0 "$gateway" || { tail -n 5 "$work/log/radosgw.out"; exit 1; }
  sleep 0.02
done
echo ready
wait -n || true
tail -n 5 "$work"/log/*.out
exit 1
