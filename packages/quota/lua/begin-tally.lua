-- Gives one process at a time the right to bring a count from the ledger, or lets it last longer.
-- KEYS 1 tally  2 tallied   ARGV 1 token  2 length in ms  3 "1" to keep what was begun
-- Returns {'loaded'} when that is done, {'begun', run id}, or {'busy'}: another is at it, or what was to be kept is lost.
-- Invariant: who keeps it knows that neither Redis nor the set alone was lost since it was begun: '?' stands in the set while it is
-- brought, '!' when it is whole.
local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or 'unknown'
if redis.call('HGET', KEYS[1], 'loaded') == run_id and redis.call('SISMEMBER', KEYS[2], '!') == 1 then return { 'loaded' } end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local token, till, run = string.match(redis.call('HGET', KEYS[1], 'loading') or '', '^(%S+) (%d+) (%S+)$')
if ARGV[3] == '1' and (token ~= ARGV[1] or run ~= run_id or redis.call('SISMEMBER', KEYS[2], '?') == 0) then return { 'busy' } end
if token and token ~= ARGV[1] and run == run_id then
  local left = tonumber(till) - now
  if left > 0 and left <= tonumber(ARGV[2]) then return { 'busy' } end
end
redis.call('SREM', KEYS[2], '!')
redis.call('SADD', KEYS[2], '?')
redis.call('HSET', KEYS[1], 'loading', ARGV[1] .. ' ' .. string.format('%.0f', now + ARGV[2]) .. ' ' .. run_id)
return { 'begun', run_id }
