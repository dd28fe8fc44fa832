-- Puts a campaign into the index, unless it is there.
-- KEYS 1 generation  2 campaign (hash)  3 open (zset)
-- ARGV 1 generation  2 campaign id  3… field, value, …
-- Returns opened | there | rebuild
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'rebuild' end
if redis.call('EXISTS', KEYS[2]) == 1 then return 'there' end
redis.call('HSET', KEYS[2], unpack(ARGV, 3))
redis.call('ZADD', KEYS[3], 0, ARGV[2])
return 'opened'
