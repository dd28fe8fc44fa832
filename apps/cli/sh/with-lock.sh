#!/bin/sh
# Runs a command that holds a lock as long as it, or anything it started, lives: `with-lock.sh FILE COMMAND…`. The pid stays
# that of the command. Exit 97: somebody else has had the lock for 4 s, longer than a server whose owner was killed needs to
# end. Without flock (util-linux) it says so and runs the command without a lock.
file=$1
shift
exec 9>>"$file" || exit 98
if command -v flock >/dev/null; then
  flock -w 4 9 || exit 97
else
  echo "with-lock.sh: no flock on PATH: nothing keeps a second server from ${file%/*}" >&2
fi
exec "$@"
