-- The ledger's count is in Redis, unless that was lost again meanwhile: then its mark is gone too, or of another run.
-- KEYS 1 tally  2 tallied   ARGV 1 token  2 run id  then field, value, ... of what WeChat has said, as the ledger knows it
-- Returns 1 when done, 0 when it has to begin anew.
-- Invariant: what was said since stays; numbers of WeChat only grow.
local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or 'unknown'
local token, _, run = string.match(redis.call('HGET', KEYS[1], 'loading') or '', '^(%S+) (%d+) (%S+)$')
if token ~= ARGV[1] or run ~= run_id or run_id ~= ARGV[2] then return 0 end
if redis.call('SISMEMBER', KEYS[2], '?') == 0 then return 0 end
for i = 3, #ARGV - 1, 2 do redis.call('HSETNX', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('SREM', KEYS[2], '?')
redis.call('SADD', KEYS[2], '!')
redis.call('HSET', KEYS[1], 'loaded', run_id)
redis.call('HDEL', KEYS[1], 'loading')
return 1
