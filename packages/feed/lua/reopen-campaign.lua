-- Puts a campaign that had ended into the index again, as the ledger has it, for the leader alone. Its bits stand there
-- (load-bits.lua).
-- KEYS 1 generation  2 fence  3 campaign (hash)  4 open (zset)  5 parked
-- ARGV 1 generation  2 fence  3 campaign id  4... field, value, ...
-- Returns reopened | there | fenced | rebuild
-- Invariant: an open campaign stays as it is.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'rebuild' end
if redis.call('GET', KEYS[2]) ~= ARGV[2] then return 'fenced' end
if redis.call('ZSCORE', KEYS[4], ARGV[3]) then return 'there' end
redis.call('DEL', KEYS[3], KEYS[5])
redis.call('HSET', KEYS[3], unpack(ARGV, 4))
redis.call('ZADD', KEYS[4], 0, ARGV[3])
return 'reopened'
