-- Ends a hold; pace, rate and counts stay. A lane that WeChat had rejected sends one probe first.
-- KEYS 1 permits of a lane, or the app's hold   Returns 1 when there was a hold, else 0.
-- Invariant: calls from now on are judged anew.
local lifted = redis.call('HDEL', KEYS[1], 'hold_until', 'hold_for', 'hold_reason', 'hold_message', 'hold_spent')
if redis.call('HEXISTS', KEYS[1], 'reject_until') == 1 then
  local time = redis.call('TIME')
  redis.call('HSET', KEYS[1], 'reject_until', string.format('%.0f', time[1] * 1000000 + time[2]))
end
return lifted > 0 and 1 or 0
