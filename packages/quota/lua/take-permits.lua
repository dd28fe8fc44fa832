-- Reserves the next free slots in time of one lane: a GCRA without burst credit, so slots are never closer than the spacing.
-- KEYS 1 permits, a hash without expiry: tat, paced, seal, run_id; hold_until, hold_for, hold_reason, hold_message, hold_spent;
--        rate, rate_at, rate_before, probe, probe_at, reject_until, streak, streak_minute; day, day_used, day_carry,
--        day_reserved, day_whole (the day of which this count knows all that the ledger does); minute, minute_used
--      2 the app's hold, a hash: hold_*
-- ARGV 1 spacing in us at the full rate  2 slots wanted  3 patience in us: no slot farther ahead than this
--      4 "1" when the caller saw this server's clock leap forward  5 calls in a day, 0 for no limit
-- Returns {'granted', us from now to the first slot, slots, now, spacing in us, day, 1 for a probe else 0,
--          calls reserved of the day when more should be reserved soon else -1}: the others follow by the spacing
--         {'wait', us to the next free slot, now} when that is beyond patience, or a probe is out
--         {'held', ms, reason, now}
--         {'missing', now} without state, {'unsettled', now} on another run of the server: settle-permits comes first
--         {'reserve', day, calls used, calls reserved, now}: reserve-day comes first; both are 0 for a day not begun
-- Invariant: in real time each slot lies behind all slots given before by the spacing, whatever a restart has forgotten,
-- however the clock was set, and whoever moved tat (its seal doesn't fit then): no slot is given farther ahead than
-- MOST_AHEAD, so now + MOST_AHEAD + spacing is behind them all. No more slots of a day than its limit, nor than the ledger
-- knows of; after a rejection one slot alone until its call is answered.
local MOST_AHEAD = 2000000
local MINUTE = 60000000
local DAY, SHANGHAI, FIVE_PAST = 86400000000, 28800000000, 300000000
-- A call so shortly before midnight may arrive, or be counted by another clock, behind it: it counts for both days.
local NEAR_MIDNIGHT = 5000000
local CLIMB = 0.005
local PROBE_FOR, PROBE_PAUSE = 30000000, 500000

local wanted, leapt, limit = tonumber(ARGV[2]), ARGV[4] == '1', tonumber(ARGV[5])
local patience = math.min(tonumber(ARGV[3]), MOST_AHEAD)
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local key = KEYS[1]
local function whole(number) return string.format('%.0f', number) end
local function seal(tat, paced) return redis.sha1hex(tat .. ' ' .. paced) end
local function pace(tat, paced) redis.call('HSET', key, 'tat', tat, 'paced', paced, 'seal', seal(tat, paced)) end

-- The day is not used up any more: its limit was raised.
local function is_over(at)
  local state = redis.call('HMGET', at, 'hold_spent', 'day', 'day_used')
  if state[1] ~= '1' or tonumber(state[2] or '0') ~= math.floor((now + SHANGHAI) / DAY) then return false end
  return tonumber(state[3] or '0') < limit
end
-- A hold never lasts longer from now than it was made for, however far the clock was set back; one that is over is removed, else
-- it would come back with the clock.
local longest, why = 0, false
for _, at in ipairs(KEYS) do
  local hold = redis.call('HMGET', at, 'hold_until', 'hold_for', 'hold_reason')
  if hold[1] then
    local hold_for = tonumber(hold[2] or '0')
    local left = math.min(tonumber(hold[1]) - now, hold_for)
    if left > 0 and hold[3] == 'day_quota' and is_over(at) then left = 0 end
    if left <= 0 then redis.call('HDEL', at, 'hold_until', 'hold_for', 'hold_reason', 'hold_message', 'hold_spent')
    elseif left == hold_for then redis.call('HSET', at, 'hold_until', whole(now + hold_for)) end
    if left > longest then longest, why = left, hold[3] end
  end
end
if longest > 0 then return { 'held', math.ceil(longest / 1000), why, now } end

local state = redis.call('HMGET', key, 'tat', 'paced', 'run_id', 'rate', 'rate_at', 'probe', 'probe_at',
  'day', 'day_used', 'day_carry', 'day_reserved', 'minute', 'minute_used', 'seal', 'day_whole')
if not state[1] then return { 'missing', now } end
-- Asked inside the script: a client that has not noticed a restart yet would vouch for the wrong run.
local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or 'unknown'
if run_id ~= state[3] then return { 'unsettled', now } end

local probing = state[6] == '1'
local rate = tonumber(state[4] or '1')
if rate < 1 and not probing then
  local clean = math.floor((now - tonumber(state[5] or '0')) / MINUTE)
  rate = math.min(1, rate + CLIMB * math.max(0, clean))
end
local spacing = math.ceil(ARGV[1] / rate)

local tat, paced = tonumber(state[1]), tonumber(state[2] or '0')
-- tat - paced is the last slot given: a wider spacing counts from there at once.
local slot = math.max(tat + math.max(0, spacing - paced), now)
local behind_all = now + MOST_AHEAD + spacing
-- In doubt, and also when tat is farther away than it can honestly be, since the clock was set back.
local doubtful = leapt or slot > behind_all or seal(state[1], state[2] or '0') ~= state[14]
if doubtful then slot = behind_all end

local count = math.min(wanted, math.floor((now + patience - slot) / spacing) + 1)
local out_for = now - tonumber(state[7] or '0')
local pause = probing and out_for >= 0 and out_for < PROBE_FOR and PROBE_PAUSE or 0
if count <= 0 or pause > 0 then
  if doubtful then pace(whole(slot), whole(spacing)) end
  return { 'wait', math.max(pause, slot - now), now }
end
if probing then count = 1 end

local day = math.floor((slot + SHANGHAI) / DAY)
local used, carry, reserved = tonumber(state[9] or '0'), tonumber(state[10] or '0'), tonumber(state[11] or '0')
local old_day = tonumber(state[8] or '0')
if day ~= old_day then
  if limit > 0 then return { 'reserve', day, 0, 0, now } end
  used, carry, reserved = day == old_day + 1 and carry or 0, 0, 0
  -- Nothing was lost since: all that the ledger knows of the new day will come from this count.
  if day > old_day and tonumber(state[15] or '-1') == old_day then redis.call('HSET', key, 'day_whole', whole(day)) end
end
if limit > 0 then
  if used >= limit then
    local left = (FIVE_PAST - (now + SHANGHAI) % DAY) % DAY
    redis.call('HSET', key, 'hold_until', whole(now + left), 'hold_for', whole(left), 'hold_reason', 'day_quota',
      'hold_message', 'the ' .. whole(limit) .. ' calls of this day are used', 'hold_spent', '1')
    return { 'held', math.ceil(left / 1000), 'day_quota', now }
  end
  if used >= reserved then return { 'reserve', day, used, reserved, now } end
  count = math.min(count, limit - used, reserved - used)
end
used = used + count
local ambiguous_from = (day + 1) * DAY - SHANGHAI - NEAR_MIDNIGHT
carry = carry + math.max(0, count - math.max(0, math.ceil((ambiguous_from - slot) / spacing)))

local minute = whole(math.floor(now / MINUTE))
local this_minute = (minute == state[12] and tonumber(state[13]) or 0) + count
pace(whole(slot + count * spacing), whole(spacing))
redis.call('HSET', key, 'day', whole(day), 'day_used', whole(used),
  'day_carry', whole(carry), 'day_reserved', whole(reserved), 'minute', minute, 'minute_used', this_minute)
if probing then redis.call('HSET', key, 'probe_at', whole(now)) end
local more = -1
if reserved < limit and reserved - used < math.ceil(limit / 100) / 2 then more = reserved end
return { 'granted', slot - now, count, now, spacing, day, probing and 1 or 0, more }
