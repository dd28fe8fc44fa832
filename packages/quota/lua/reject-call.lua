-- Decides what a call means that WeChat found too many: of the minute, or of the day. Holds the lane, and slows it.
-- KEYS 1 permits
-- ARGV 1 ms to the next clock minute of WeChat, with some to spare  2 the call's slot in us by this server's clock
--      3 "1" when the errcode may mean the day as well  4 calls in a day, 0 for no limit  5 share of them that is as good as all
--      6 "1" when WeChat said lately that nothing remains of the day  7 message
-- Returns {'minute' | 'day' | 'late', ms left of the hold, its reason, rate}; late: the call was begun before the last rejection
-- came back, and changes nothing.
-- Invariant: the rate drops once per hold. A rejected probe is no matter of pace: it drops nothing; three in consecutive minutes mean
-- the day, which gives back the pace that was lost by taking it for the minute.
local MINUTE, DAY, SHANGHAI, FIVE_PAST = 60000000, 86400000000, 28800000000, 300000000
local DROP, CLIMB, LEAST = 0.9, 0.005, 0.05
local PROBES = 3
-- Slots given before the hold are all used up when it ends.
local LEAST_HOLD = 2200000

local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local key = KEYS[1]
local function whole(number) return string.format('%.0f', number) end
local state = redis.call('HMGET', key, 'hold_until', 'hold_for', 'hold_reason', 'rate', 'rate_at', 'rate_before', 'probe',
  'reject_until', 'streak', 'streak_minute', 'day', 'day_used')
local left = math.max(0, math.min(tonumber(state[1] or '0') - now, tonumber(state[2] or '0')))
local probing = state[7] == '1'
local rate = tonumber(state[4] or '1')
if rate < 1 and not probing then
  rate = math.min(1, rate + CLIMB * math.max(0, math.floor((now - tonumber(state[5] or '0')) / MINUTE)))
end

local may_be_day, limit = ARGV[3] == '1', tonumber(ARGV[4])
local counted = tonumber(state[11] or '0') == math.floor((now + SHANGHAI) / DAY) and tonumber(state[12] or '0') or 0
local spent = may_be_day and (ARGV[6] == '1' or (limit > 0 and counted >= limit * ARGV[5]))
local late = tonumber(ARGV[2]) < tonumber(state[8] or '0')
if late and not (spent and state[3] ~= 'day_quota') then
  return { 'late', math.ceil(left / 1000), left > 0 and state[3] or '', tostring(rate) }
end

local minute = math.floor(now / MINUTE)
local streak = 0
if probing and not late then
  local since = minute - tonumber(state[10] or '0')
  streak = tonumber(state[9] or '0')
  if since < 0 or since > 2 then streak = 1 elseif since > 0 then streak = streak + 1 end
end
local day_over = spent or (may_be_day and streak >= PROBES)
local before = tonumber(state[6] or '1')
if day_over then
  if probing then rate = before end
  streak = 0
elseif not probing then
  before = rate
  rate = math.max(LEAST, rate * DROP)
end

local hold_for = math.max(ARGV[1] * 1000, LEAST_HOLD)
if day_over then hold_for = (FIVE_PAST - (now + SHANGHAI) % DAY) % DAY end
local reason = state[3]
if hold_for > left then
  left, reason = hold_for, day_over and 'day_quota' or 'minute_quota'
  redis.call('HSET', key, 'hold_until', whole(now + left), 'hold_for', whole(left), 'hold_reason', reason, 'hold_message', ARGV[7])
  redis.call('HDEL', key, 'hold_spent')
end
redis.call('HSET', key, 'reject_until', whole(now + left), 'rate', tostring(rate), 'rate_at', whole(now + left),
  'rate_before', tostring(before), 'probe', '1', 'streak', streak, 'streak_minute', whole(minute))
redis.call('HDEL', key, 'probe_at')
return { day_over and 'day' or 'minute', math.ceil(left / 1000), reason, tostring(rate) }
