-- Lets a push in once: not when it is old, and not while or after it was dealt with.
-- KEYS 1 push (string; there while it is being dealt with, and as long afterwards as it would count as new)
-- ARGV 1 when it was signed, epoch s  2 greatest age and lead in ms  3 how long one who deals with it may take, ms
-- Returns 'yours' | 'stale' | 'repeated'
-- Invariant: of the same push at any number of callers one is let in, until it says that it failed.
local time = redis.call('TIME')
local age = time[1] * 1000 + math.floor(time[2] / 1000) - ARGV[1] * 1000
if math.abs(age) > tonumber(ARGV[2]) then return 'stale' end
if redis.call('SET', KEYS[1], '1', 'NX', 'PX', ARGV[3]) then return 'yours' end
return 'repeated'
