-- Ends a campaign whose report stands in the ledger, for the leader alone. Its hash stays for a while, for those who look; under
-- another generation it counts for nothing (feed-index.ts), since it may be of before a retry.
-- KEYS 1 generation  2 fence  3 campaign (hash)  4 bits  5 open (zset)  6 parked
-- ARGV 1 generation  2 fence  3 campaign id  4 state  5 finished at (ISO)  6 ms for which the hash stays
-- Returns finished | fenced | rebuild
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'rebuild' end
if redis.call('GET', KEYS[2]) ~= ARGV[2] then return 'fenced' end
redis.call('ZREM', KEYS[5], ARGV[3])
redis.call('DEL', KEYS[4], KEYS[6])
redis.call('HSET', KEYS[3], 'state', ARGV[4], 'finishedAt', ARGV[5], 'endedUnder', ARGV[1])
redis.call('PEXPIRE', KEYS[3], ARGV[6])
return 'finished'
