-- Notes calls of a day that the ledger has reserved by now, and begins the count of that day.
-- KEYS 1 permits   ARGV 1 day  2 calls that the ledger had reserved before, by whom we don't know  3 calls reserved now
--                       4 "1" to begin the day if the count is another's
-- Returns 1 when noted, 0 when there is no state of this run, another day's, or one that knows of fewer than were reserved before.
-- Invariant: what is reserved never shrinks within a day; a day begins with all calls used that others may have made, and so does a
-- count that was begun without asking the ledger (day_whole is another day's): those it has made come on top.
local state = redis.call('HMGET', KEYS[1], 'tat', 'run_id', 'day', 'day_carry', 'day_reserved', 'day_used', 'day_whole')
local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or 'unknown'
if not state[1] or state[2] ~= run_id then return 0 end
local function whole(number) return string.format('%.0f', number) end
local day, before, reserved = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local old_day, old_reserved, opens = tonumber(state[3] or '0'), tonumber(state[5] or '0'), ARGV[4] == '1'
-- A block that comes late, after the count was lost or begun anew: whoever needs calls asks the ledger first.
if not opens and (old_day ~= day or old_reserved < before) then return 0 end
local used = 0
if old_day == day then
  used = tonumber(state[6] or '0')
  -- Nothing reserved in this count: what the ledger had reserved is of another one.
  if tonumber(state[7] or '-1') ~= day and old_reserved == 0 then used = used + before end
  reserved = math.max(old_reserved, reserved)
else
  used = math.max(before, old_day == day - 1 and tonumber(state[4] or '0') or 0)
  redis.call('HSET', KEYS[1], 'day', whole(day), 'day_carry', '0')
end
redis.call('HSET', KEYS[1], 'day_used', whole(used), 'day_reserved', whole(reserved), 'day_whole', whole(day))
return 1
