-- Ends the probe of a lane: its call was let in, and all others may follow; or nobody knows, and another one is sent.
-- KEYS 1 permits   ARGV 1 "passed" | "unknown"  2 when the probe was given, in us
-- Returns 1 when the lane is open now or another probe may go, else 0.
-- Invariant: the minutes that count as clean begin here.
local state = redis.call('HMGET', KEYS[1], 'probe', 'probe_at')
if state[1] ~= '1' then return 0 end
if ARGV[1] == 'passed' then
  local time = redis.call('TIME')
  redis.call('HSET', KEYS[1], 'rate_at', string.format('%.0f', time[1] * 1000000 + time[2]))
  redis.call('HDEL', KEYS[1], 'probe', 'probe_at', 'streak', 'streak_minute', 'rate_before')
  return 1
end
if state[2] ~= ARGV[2] then return 0 end
redis.call('HDEL', KEYS[1], 'probe_at')
return 1
