-- Writes one campaign's index as the ledger has it, in the middle of a rebuild, for the leader alone. Its bits stand there
-- (load-bits.lua).
-- KEYS 1 generation  2 fence  3 campaign (hash)  4 open (zset)  5 parked
-- ARGV 1 fence  2 campaign id  3… field, value, …
-- Returns loaded | fenced
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 'fenced' end
if redis.call('EXISTS', KEYS[1]) == 1 then return 'fenced' end
redis.call('DEL', KEYS[3], KEYS[5])
redis.call('HSET', KEYS[3], unpack(ARGV, 3))
redis.call('ZADD', KEYS[4], 0, ARGV[2])
return 'loaded'
