#!/bin/sh
# Runs a command that can't outlive who started it: `tether.sh COMMAND…`, started as the leader of a process group of its
# own, with a socket on fd 3. The pid stays that of the command. When fd 3 ends, by close or by the owner's death (kill -9
# too), the whole group gets SIGTERM, after 2 s SIGKILL, and the folder TETHER_REMOVE, if set, is removed; a line "keep"
# leaves it. The far end of fd 3 closes when all that is done. It promises nothing for who leaves the group.
(
  trap '' HUP INT TERM
  word=
  read -r word <&3
  kill -TERM "-$$"
  tries=0
  # The group's id can't be given to anyone else as long as this watcher is a member of it.
  while kill -0 "$$" && [ "$tries" -lt 100 ]; do sleep 0.02; tries=$((tries + 1)); done
  ! kill -KILL "$$" || sleep 0.02
  [ "$word" = keep ] || [ -z "$TETHER_REMOVE" ] || rm -rf "$TETHER_REMOVE"
  kill -KILL "-$$"
) </dev/null >/dev/null 2>&1 &
exec "$@" 3>&-
