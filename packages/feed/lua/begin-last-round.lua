-- Lets the parked scenes of a campaign go for one more round, for the leader alone: they are unset scenes as any other again.
-- KEYS 1 generation  2 fence  3 campaign (hash)  4 parked (bitmap)
-- ARGV 1 generation  2 fence
-- Returns begun | fenced | rebuild
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'rebuild' end
if redis.call('GET', KEYS[2]) ~= ARGV[2] then return 'fenced' end
redis.call('DEL', KEYS[4])
redis.call('HSET', KEYS[3], 'parked', 0, 'lastRound', 1)
return 'begun'
