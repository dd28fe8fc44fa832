-- Makes the state of a lane that has none, or that comes from another run of the server, out of what the ledger knows; a state of
-- this run stays as it is.
-- KEYS 1 permits  2 the app's hold
-- ARGV 1 spacing in us  2 ms for which a lane without state is held, 0 when it was never called
--      3-5 the lane's recorded hold: ms, 0 for none, reason, message  6-8 the app's
--      9 day now, whether its calls have a limit or not  10 calls of it that the ledger has reserved
-- Returns 1 when settled here, 0 when it was.
-- Invariant: without knowledge of the slots given before, the first new slot is behind all of them, and all calls that were
-- reserved of the day count as made.
local MOST_AHEAD = 2000000
local DAY, SHANGHAI, NEAR_MIDNIGHT = 86400000000, 28800000000, 5000000
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local key = KEYS[1]
local function whole(number) return string.format('%.0f', number) end
local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or 'unknown'
local state = redis.call('HMGET', key, 'tat', 'run_id', 'day', 'day_used', 'day_carry')
if state[1] and state[2] == run_id then return 0 end

local function hold(at, ms, reason, message)
  local hold_for = ms * 1000
  local old = redis.call('HMGET', at, 'hold_until', 'hold_for')
  if hold_for > math.min(tonumber(old[1] or '0') - now, tonumber(old[2] or '0')) then
    redis.call('HSET', at, 'hold_until', whole(now + hold_for), 'hold_for', whole(hold_for),
      'hold_reason', reason, 'hold_message', message)
    redis.call('HDEL', at, 'hold_spent')
  end
end
if not state[1] and tonumber(ARGV[2]) > 0 then
  hold(key, ARGV[2], 'minute_quota', 'the calls of the last minute are not known any more')
end
if tonumber(ARGV[3]) > 0 then hold(key, ARGV[3], ARGV[4], ARGV[5]) end
if tonumber(ARGV[6]) > 0 then hold(KEYS[2], ARGV[6], ARGV[7], ARGV[8]) end

local fresh = not state[1] and tonumber(ARGV[2]) == 0
local tat, paced = whole(fresh and now or now + MOST_AHEAD + ARGV[1]), ARGV[1]
redis.call('HSET', key, 'tat', tat, 'paced', paced, 'seal', redis.sha1hex(tat .. ' ' .. paced), 'run_id', run_id)
-- Without a limit too: it may be known in a moment. So shortly before midnight calls of the next day may be reserved already.
local day, reserved = tonumber(ARGV[9]), tonumber(ARGV[10])
if day > 0 then
  local old_day = tonumber(state[3] or '0')
  local known = 0
  if old_day == day then known = tonumber(state[4] or '0') end
  if old_day == day - 1 then known = tonumber(state[5] or '0') end
  local is_whole = (day + 1) * DAY - SHANGHAI - now > NEAR_MIDNIGHT
  redis.call('HSET', key, 'day', whole(day), 'day_used', whole(math.max(known, reserved)), 'day_reserved', whole(reserved),
    'day_whole', whole(is_whole and day or 0))
  if old_day ~= day then redis.call('HSET', key, 'day_carry', '0') end
end
return 1
