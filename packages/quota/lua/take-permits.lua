-- Reserves the next free slots in time of one lane: a GCRA without burst credit, so slots are never closer than the spacing.
-- KEYS 1 permits (hash: tat, paced, run_id, hold_until, hold_for, hold_reason, hold_scope; it has no expiry)
-- ARGV 1 spacing in us  2 slots wanted  3 patience in us: no slot farther ahead than this
--      4 "1" when the caller saw this server's clock leap forward
-- Returns {'granted', us from now to the first slot, slots, now}: the others follow by the spacing
--         {'wait', us to the next free slot, now} when that is beyond patience, {'held', ms, reason, now}, or {'missing', now}
-- Invariant: in real time each slot lies behind all slots given before by the spacing, whatever a restart has forgotten and
-- however the clock was set: no slot is given farther ahead than MOST_AHEAD, so now + MOST_AHEAD + spacing is behind them all.
local MOST_AHEAD = 2000000

local spacing, wanted = tonumber(ARGV[1]), tonumber(ARGV[2])
local patience = math.min(tonumber(ARGV[3]), MOST_AHEAD)
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local key = KEYS[1]
local state = redis.call('HMGET', key, 'tat', 'paced', 'run_id', 'hold_until', 'hold_for', 'hold_reason')

-- A hold never lasts longer from now than it was made for, however far the clock was set back.
local hold_for = tonumber(state[5] or '0')
local held = math.min(tonumber(state[4] or '0') - now, hold_for)
if held > 0 then
  if held == hold_for then redis.call('HSET', key, 'hold_until', string.format('%.0f', now + hold_for)) end
  return { 'held', math.ceil(held / 1000), state[6], now }
end
-- Else it would come back with the clock.
if state[4] then redis.call('HDEL', key, 'hold_until', 'hold_for', 'hold_reason', 'hold_scope') end
if not state[1] then return { 'missing', now } end

local tat, paced = tonumber(state[1]), tonumber(state[2] or '0')
-- tat - paced is the last slot given: a wider spacing counts from there at once.
local slot = math.max(tat + math.max(0, spacing - paced), now)
local behind_all = now + MOST_AHEAD + spacing
-- Asked inside the script: a client that has not noticed a restart yet would vouch for the wrong run.
local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or 'unknown'
-- In doubt, and also when tat is farther away than it can honestly be, since the clock was set back.
local settled = run_id == state[3] and ARGV[4] ~= '1' and slot <= behind_all
if not settled then slot = behind_all end

local count = math.min(wanted, math.floor((now + patience - slot) / spacing) + 1)
if count > 0 or not settled then
  redis.call('HSET', key, 'tat', string.format('%.0f', slot + math.max(0, count) * spacing),
    'paced', ARGV[1], 'run_id', run_id)
end
if count > 0 then return { 'granted', slot - now, count, now } end
return { 'wait', slot - now, now }
