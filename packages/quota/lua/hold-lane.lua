-- Holds lanes: nothing is given until the hold ends. The longer hold stays, with its own reason.
-- KEYS permits of each lane   ARGV 1 length in ms  2 reason  3 scope
-- Returns for each lane {ms left, reason, scope, end in epoch ms} of the hold that stands now.
-- Invariant: a hold never gets shorter here.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local hold_for = ARGV[1] * 1000
local standing = {}
for i, key in ipairs(KEYS) do
  local old = redis.call('HMGET', key, 'hold_until', 'hold_for', 'hold_reason', 'hold_scope')
  local left = math.min(tonumber(old[1] or '0') - now, tonumber(old[2] or '0'))
  local reason, scope = old[3], old[4]
  if hold_for > left then
    left, reason, scope = hold_for, ARGV[2], ARGV[3]
    redis.call('HSET', key, 'hold_until', string.format('%.0f', now + hold_for),
      'hold_for', string.format('%.0f', hold_for), 'hold_reason', reason, 'hold_scope', scope)
  end
  standing[i] = { math.ceil(left / 1000), reason, scope, math.ceil((now + left) / 1000) }
end
return standing
