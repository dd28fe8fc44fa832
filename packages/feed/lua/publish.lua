-- Publishes a scene, or refuses it: the bit, the counts, the row number and the stream entry in one step.
-- KEYS 1 generation  2 campaign (hash)  3 bits  4 feed (stream)  5 parked (bitmap)
-- ARGV 1 generation  2 scene index  3 campaign id  4 published | reused | refused  5 event (JSON without n)
-- Returns published | done | cancelled | rebuild | unknown
-- Invariant: a scene's bit goes from 0 to 1 once in a generation, with exactly one entry in the stream. A scene that is parked
-- and ends all the same, by a job that came twice, is parked no longer.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'rebuild' end
local now = redis.call('HMGET', KEYS[2], 'state', 'parked')
local state = now[1]
if not state then return 'unknown' end
if state == 'completed' or state == 'failed' then return 'done' end
if state == 'cancelled' then return 'cancelled' end
if redis.call('SETBIT', KEYS[3], ARGV[2], 1) == 1 then return 'done' end
if tonumber(now[2] or '0') > 0 and redis.call('GETBIT', KEYS[5], ARGV[2]) == 1 then
  redis.call('SETBIT', KEYS[5], ARGV[2], 0)
  redis.call('HINCRBY', KEYS[2], 'parked', -1)
end
local n = redis.call('HINCRBY', KEYS[2], 'n', 1)
if ARGV[4] == 'refused' then
  redis.call('HINCRBY', KEYS[2], 'refused', 1)
else
  redis.call('HINCRBY', KEYS[2], 'published', 1)
  if ARGV[4] == 'reused' then redis.call('HINCRBY', KEYS[2], 'reused', 1) end
end
redis.call('XADD', KEYS[4], '*', 'c', ARGV[3], 'n', n, 'e', ARGV[5])
return 'published'
