-- Reads a count; changes nothing.
-- KEYS 1 tally  2 tallied (with '!' when it is whole)
-- Returns {1 when loaded on this run of the server else 0, ours, used, said, ours when it was said, said at, full at, used when full}:
-- "" for what was never said. Times are epoch ms as the writers gave them.
local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or 'unknown'
local state = redis.call('HMGET', KEYS[1], 'loaded', 'said', 'said_ours', 'said_at', 'full_at', 'full_used')
local whole = redis.call('SISMEMBER', KEYS[2], '!')
local ours = redis.call('SCARD', KEYS[2]) - whole
local used = math.max(ours, tonumber(state[2] or '0') + math.max(0, ours - tonumber(state[3] or '0')))
return { state[1] == run_id and whole or 0, ours, used, state[2] or '', state[3] or '', state[4] or '', state[5] or '', state[6] or '' }
