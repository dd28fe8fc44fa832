-- Notes calls of a day that the ledger has reserved by now, and begins the count of that day.
-- KEYS 1 permits   ARGV 1 day  2 calls that the ledger had reserved before, by whom we don't know  3 calls reserved now
--                       4 "1" to begin the day if the count is another's
-- Returns 1 when noted, 0 when there is no state of this run, or another day's.
-- Invariant: what is reserved never shrinks within a day; a day begins with all calls used that others may have made.
local state = redis.call('HMGET', KEYS[1], 'tat', 'run_id', 'day', 'day_carry', 'day_reserved')
local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or 'unknown'
if not state[1] or state[2] ~= run_id then return 0 end
local day, before, reserved = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local old_day = tonumber(state[3] or '0')
if old_day == day then
  redis.call('HSET', KEYS[1], 'day_reserved', string.format('%.0f', math.max(tonumber(state[5] or '0'), reserved)))
  return 1
end
if ARGV[4] ~= '1' then return 0 end
local used = math.max(before, old_day == day - 1 and tonumber(state[4] or '0') or 0)
redis.call('HSET', KEYS[1], 'day', string.format('%.0f', day), 'day_used', string.format('%.0f', used),
  'day_carry', '0', 'day_reserved', string.format('%.0f', reserved))
return 1
