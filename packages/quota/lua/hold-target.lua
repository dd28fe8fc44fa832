-- Holds a page or a campaign, and ends its run of refusals. The longer hold stays, with its own reason.
-- What is known of a page goes, so that it is probed when the hold is over; nobody probes it while others may not have seen the hold yet.
-- KEYS 1 gate  2 page, or none for a campaign   ARGV 1 name  2 length in ms  3 the hold as JSON, without its times
-- Returns {ms left, JSON} of the hold that stands now.
-- Invariant: a hold never gets shorter here.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local hold_for = tonumber(ARGV[2])
redis.call('HDEL', KEYS[1], 'run:' .. ARGV[1])
if KEYS[2] then redis.call('SET', KEYS[2], 'probe none', 'PX', 2000) end
local old = redis.call('HGET', KEYS[1], ARGV[1])
if old then
  local standing = cjson.decode(old)
  local left = math.min(standing['until'] - now, standing['for'])
  if left >= hold_for then return { left, old } end
end
local hold = cjson.decode(ARGV[3])
hold['until'], hold['for'], hold.at = now + hold_for, hold_for, now
local text = cjson.encode(hold)
redis.call('HSET', KEYS[1], ARGV[1], text)
return { hold_for, text }
