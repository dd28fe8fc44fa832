-- May one more be counted? Reserves it while it is being called for, so that calls in flight stay below the limit together.
-- KEYS 1 tally (hash: loaded, loading, said, said_ours, said_at, full_at, full_used)  2 tallied (set, with '!' when it is
--      whole)  3 tallying (zset by end in ms)
-- ARGV 1 item  2 limit  3 length of the reservation in ms
-- Returns {'known'}, {'reserved'}, {'busy'} when those in flight may fill it, {'full', used, 1 when WeChat said so else 0}, or
--         {'missing'} when this run of the server has not been told what the ledger counts, or the set alone was lost.
-- Invariant: used + in flight never passes the limit through here; what is counted already always passes.
local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or 'unknown'
local state = redis.call('HMGET', KEYS[1], 'loaded', 'said', 'said_ours', 'full_at')
if state[1] ~= run_id or redis.call('SISMEMBER', KEYS[2], '!') == 0 then return { 'missing' } end
if redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 1 then return { 'known' } end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ours = redis.call('SCARD', KEYS[2]) - 1
local used = math.max(ours, tonumber(state[2] or '0') + math.max(0, ours - tonumber(state[3] or '0')))
if state[4] then return { 'full', used, 1 } end
if used >= tonumber(ARGV[2]) then return { 'full', used, 0 } end
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now)
if not redis.call('ZSCORE', KEYS[3], ARGV[1]) and used + redis.call('ZCARD', KEYS[3]) >= tonumber(ARGV[2]) then
  return { 'busy' }
end
redis.call('ZADD', KEYS[3], now + ARGV[3], ARGV[1])
return { 'reserved' }
