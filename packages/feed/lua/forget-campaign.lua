-- Takes a campaign out of the index that the ledger does not hold open, in the middle of a rebuild, for the leader alone: its
-- report answers for it.
-- KEYS 1 generation  2 fence  3 campaign (hash)  4 bits  5 open (zset)  6 parked
-- ARGV 1 fence  2 campaign id
-- Returns forgotten | fenced
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 'fenced' end
if redis.call('EXISTS', KEYS[1]) == 1 then return 'fenced' end
redis.call('DEL', KEYS[3], KEYS[4], KEYS[6])
redis.call('ZREM', KEYS[5], ARGV[2])
return 'forgotten'
