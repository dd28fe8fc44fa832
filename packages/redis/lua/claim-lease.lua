-- Claims an app's lease, or keeps it, and gives its fencing number.
-- KEYS 1 lease (string "<holder> <fence>")  2 fence (counter)
-- ARGV 1 holder  2 lease length in ms
-- Returns the fence when the lease is the caller's, 0 when somebody else's.
-- Invariant: a number is never given out twice, and a later holder's is always greater.
local held = redis.call('GET', KEYS[1])
if held then
  local holder, fence = string.match(held, '^(%S+) (%d+)$')
  if holder ~= ARGV[1] then return 0 end
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return tonumber(fence)
end
local now = redis.call('TIME')
-- After a loss of Redis the counter starts above every number given out before: milliseconds grow faster than claims.
local fence = math.max(tonumber(redis.call('GET', KEYS[2]) or '0') + 1, now[1] * 1000 + math.floor(now[2] / 1000))
redis.call('SET', KEYS[2], string.format('%.0f', fence))
redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. string.format('%.0f', fence), 'PX', ARGV[2])
return fence
