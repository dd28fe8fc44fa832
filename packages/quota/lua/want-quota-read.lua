-- The quota of an endpoint is wanted soon, yet not sooner than so long after it was told last.
-- KEYS 1 observed quota   ARGV 1 endpoint  2 ms apart   Returns ms until then.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local state = redis.call('HMGET', KEYS[1], 'at:' .. ARGV[1], 'due:' .. ARGV[1])
local soon = math.max(now, math.min(now, tonumber(state[1] or '0')) + ARGV[2])
if tonumber(state[2] or '0') > soon then redis.call('HSET', KEYS[1], 'due:' .. ARGV[1], string.format('%.0f', soon)) end
redis.call('HSET', KEYS[1], 'soon:' .. ARGV[1], '1')
return soon - now
