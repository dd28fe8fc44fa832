-- Begins the count of this day anew: WeChat has cleared the app's quotas. A hold of the day ends; all else stays as it is.
-- KEYS 1 permits   Returns calls that were counted until now.
-- Invariant: the pace of slots is untouched, so that no 60 s hold more calls than before.
local state = redis.call('HMGET', KEYS[1], 'day_used', 'hold_reason', 'day')
if state[1] then
  redis.call('HSET', KEYS[1], 'day_used', '0', 'day_carry', '0', 'day_reserved', '0', 'day_whole', state[3] or '0')
end
if state[2] == 'day_quota' then
  redis.call('HDEL', KEYS[1], 'hold_until', 'hold_for', 'hold_reason', 'hold_message', 'hold_spent')
end
return tonumber(state[1] or '0')
