-- What came of asking for the quota of an endpoint, and when to ask again.
-- KEYS 1 observed quota   ARGV 1 endpoint  2 what WeChat told as JSON, or ""  3 ms until the next time  4 ms in which nothing is asked at all, or 0
--      5 "1" when WeChat was not asked after all: it does not count
-- Returns the time in epoch ms.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', KEYS[1], 'due:' .. ARGV[1], string.format('%.0f', now + ARGV[3]))
if ARGV[2] ~= '' then
  redis.call('HSET', KEYS[1], 'told:' .. ARGV[1], ARGV[2], 'at:' .. ARGV[1], string.format('%.0f', now))
end
if ARGV[5] == '1' and tonumber(redis.call('HGET', KEYS[1], 'asked') or '0') > 0 then
  redis.call('HINCRBY', KEYS[1], 'asked', -1)
end
if tonumber(ARGV[4]) > 0 then redis.call('HSET', KEYS[1], 'not_before', string.format('%.0f', now + ARGV[4])) end
return now
