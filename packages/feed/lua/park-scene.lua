-- Sets a scene aside that has spent its attempts, for one more round when the rest of its campaign has ended.
-- KEYS 1 generation  2 campaign (hash)  3 bits  4 parked (bitmap)
-- ARGV 1 generation that the job was made under  2 scene index
-- Returns parked | done | cancelled | rebuild | unknown
-- Invariant: the hash's `parked` is the number of bits set in KEYS 4; a scene that is done is not parked. A bitmap without a
-- count is of an older generation, and goes away.
-- For the leader: a parked scene has no job, so outstanding = fed - (n - base) - parked. When the cursor is as far as it
-- may go (the total, or a canary) and nothing is outstanding, it takes bitmap and count away in one step, and sends the unset
-- scenes again with `lastRound`.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'rebuild' end
local now = redis.call('HMGET', KEYS[2], 'state', 'parked')
local state = now[1]
if not state then return 'unknown' end
if state == 'completed' or state == 'failed' then return 'done' end
if state == 'cancelled' then return 'cancelled' end
if redis.call('GETBIT', KEYS[3], ARGV[2]) == 1 then return 'done' end
if tonumber(now[2] or '0') == 0 then redis.call('DEL', KEYS[4]) end
if redis.call('SETBIT', KEYS[4], ARGV[2], 1) == 0 then redis.call('HINCRBY', KEYS[2], 'parked', 1) end
return 'parked'
