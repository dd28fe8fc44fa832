-- Reads what is known of an app's quotas; changes nothing.
-- KEYS 1 observed quota   Returns {1 when this run of the server has been told what the ledger knows else 0, field, value, ...}.
local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or 'unknown'
local fields = redis.call('HGETALL', KEYS[1])
table.insert(fields, 1, redis.call('HGET', KEYS[1], 'loaded') == run_id and 1 or 0)
return fields
