-- Holds a lane or an app: nothing is given until the hold ends. The longer hold stays, with its own reason.
-- KEYS 1 permits of a lane, or the app's hold   ARGV 1 length in ms  2 reason  3 message, may be empty
-- Returns {ms left, reason, message, end in epoch ms} of the hold that stands now.
-- Invariant: a hold never gets shorter here.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local hold_for = ARGV[1] * 1000
local old = redis.call('HMGET', KEYS[1], 'hold_until', 'hold_for', 'hold_reason', 'hold_message')
local left = math.min(tonumber(old[1] or '0') - now, tonumber(old[2] or '0'))
local reason, message = old[3], old[4]
if hold_for > left then
  left, reason, message = hold_for, ARGV[2], ARGV[3]
  redis.call('HSET', KEYS[1], 'hold_until', string.format('%.0f', now + hold_for), 'hold_for', string.format('%.0f', hold_for),
    'hold_reason', reason, 'hold_message', message)
  redis.call('HDEL', KEYS[1], 'hold_spent')
end
return { math.ceil(left / 1000), reason, message, math.ceil((now + left) / 1000) }
