-- Reads the hold of a lane; changes nothing.
-- KEYS 1 permits   Returns {ms left, reason, scope, end in epoch ms}, or nil when there is none.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local hold = redis.call('HMGET', KEYS[1], 'hold_until', 'hold_for', 'hold_reason', 'hold_scope')
local left = math.min(tonumber(hold[1] or '0') - now, tonumber(hold[2] or '0'))
if left <= 0 then return false end
return { math.ceil(left / 1000), hold[3], hold[4], math.ceil((now + left) / 1000) }
