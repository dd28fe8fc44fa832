-- Reads how much of its quota a lane has used; changes nothing.
-- KEYS 1 permits   Returns {permits of this clock minute, calls of this day in Shanghai, rate, 1 while a probe is wanted else 0}.
local MINUTE, DAY, SHANGHAI, CLIMB = 60000000, 86400000000, 28800000000, 0.005
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local state = redis.call('HMGET', KEYS[1], 'minute', 'minute_used', 'day', 'day_used', 'rate', 'rate_at', 'probe')
local this_minute = tonumber(state[1] or '0') == math.floor(now / MINUTE) and tonumber(state[2]) or 0
local today = tonumber(state[3] or '0') == math.floor((now + SHANGHAI) / DAY) and tonumber(state[4]) or 0
local rate = tonumber(state[5] or '1')
if rate < 1 and state[7] ~= '1' then
  rate = math.min(1, rate + CLIMB * math.max(0, math.floor((now - tonumber(state[6] or '0')) / MINUTE)))
end
return { this_minute, today, tostring(rate), state[7] == '1' and 1 or 0 }
