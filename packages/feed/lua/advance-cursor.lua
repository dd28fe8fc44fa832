-- Moves a campaign's feeding cursor, for the leader alone.
-- KEYS 1 generation  2 fence  3 campaign (hash)
-- ARGV 1 generation  2 fence  3 cursor as it was read  4 cursor to be  5 scenes enqueued between the two
-- Returns advanced | moved | fenced | rebuild
-- Invariant: scenes that the cursor has just passed may be parked: a last round before them, a canary's, is over.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'rebuild' end
if redis.call('GET', KEYS[2]) ~= ARGV[2] then return 'fenced' end
if (redis.call('HGET', KEYS[3], 'cursor') or '0') ~= ARGV[3] then return 'moved' end
redis.call('HSET', KEYS[3], 'cursor', ARGV[4])
redis.call('HINCRBY', KEYS[3], 'fed', ARGV[5])
redis.call('HDEL', KEYS[3], 'lastRound')
return 'advanced'
