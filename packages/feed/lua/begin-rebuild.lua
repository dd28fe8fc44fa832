-- Takes the old generation away, so that nothing changes the index while it is rebuilt, for the leader alone.
-- KEYS 1 generation  2 fence  3 feed (stream)  4 open (zset)
-- ARGV 1 fence
-- Returns begun | fenced
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 'fenced' end
redis.call('DEL', KEYS[1], KEYS[3], KEYS[4])
return 'begun'
