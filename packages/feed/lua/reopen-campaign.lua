-- Puts a campaign that had ended into the index again, as the ledger has it, for the leader alone.
-- KEYS 1 generation  2 fence  3 campaign (hash)  4 bits  5 open (zset)  6 parked
-- ARGV 1 generation  2 fence  3 campaign id  4 bits (binary)  5... field, value, ...
-- Returns reopened | there | fenced | rebuild
-- Invariant: an open campaign stays as it is.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'rebuild' end
if redis.call('GET', KEYS[2]) ~= ARGV[2] then return 'fenced' end
if redis.call('ZSCORE', KEYS[5], ARGV[3]) then return 'there' end
redis.call('DEL', KEYS[3], KEYS[4], KEYS[6])
redis.call('HSET', KEYS[3], unpack(ARGV, 5))
if #ARGV[4] > 0 then redis.call('SET', KEYS[4], ARGV[4]) end
redis.call('ZADD', KEYS[5], 0, ARGV[3])
return 'reopened'
