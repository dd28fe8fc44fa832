-- Says whether what this leader has read of the index until now was the truth: before it writes into the ledger what nobody takes
-- back.
-- KEYS 1 generation  2 fence  3 built-on (the run id of the server that the index was built on)
-- ARGV 1 generation  2 fence
-- Returns confirmed | fenced | rebuild
-- Invariant: an index that another run of the server has left behind counts for nothing: the ledger may know more than a snapshot.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'rebuild' end
local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or 'unknown'
if redis.call('GET', KEYS[3]) ~= run_id then return 'rebuild' end
if redis.call('GET', KEYS[2]) ~= ARGV[2] then return 'fenced' end
return 'confirmed'
