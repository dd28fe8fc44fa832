-- Reads holds; changes nothing.
-- KEYS the app's hold, permits of lanes   Returns for each {ms left, reason, message, end in epoch ms}, or nil when there is none.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local found = {}
for i, key in ipairs(KEYS) do
  local hold = redis.call('HMGET', key, 'hold_until', 'hold_for', 'hold_reason', 'hold_message')
  local left = math.min(tonumber(hold[1] or '0') - now, tonumber(hold[2] or '0'))
  found[i] = left > 0 and { math.ceil(left / 1000), hold[3], hold[4], math.ceil((now + left) / 1000) }
end
return found
