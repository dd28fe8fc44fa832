-- Writes one campaign's index as the ledger has it, in the middle of a rebuild, for the leader alone.
-- KEYS 1 generation  2 fence  3 campaign (hash)  4 bits  5 open (zset)  6 parked
-- ARGV 1 fence  2 campaign id  3 bits (binary)  4… field, value, …
-- Returns loaded | fenced
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 'fenced' end
if redis.call('EXISTS', KEYS[1]) == 1 then return 'fenced' end
redis.call('DEL', KEYS[3], KEYS[4], KEYS[6])
redis.call('HSET', KEYS[3], unpack(ARGV, 4))
if #ARGV[3] > 0 then redis.call('SET', KEYS[4], ARGV[3]) end
redis.call('ZADD', KEYS[5], 0, ARGV[2])
return 'loaded'
