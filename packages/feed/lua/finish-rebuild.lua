-- Names the new generation: from here on the index counts, for the leader alone.
-- KEYS 1 generation  2 fence  3 built-on (the server's run id)
-- ARGV 1 fence  2 generation  3 run id of the server that the index was built on
-- Returns finished | fenced
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 'fenced' end
redis.call('SET', KEYS[3], ARGV[3])
redis.call('SET', KEYS[1], ARGV[2])
return 'finished'
