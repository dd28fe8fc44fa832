-- Records why no token could be fetched, for everybody or for one host, and ends the flight.
-- KEYS 1 token (hash)  2 flight
-- ARGV 1 flight id  2 failure (text)  3 no refresh before ms  4 keep ms  5 the host that it is of, or ''  6 no refresh by others before ms
-- Returns 1, or 0 when the flight is no longer the caller's: then nothing changes.
-- Invariant: a token that stands stays, and its key lives no shorter; what is one host's trouble keeps no other from asking.
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function at(ms) return string.format('%.0f', now + ms) end
if ARGV[5] == '' then
  redis.call('HSET', KEYS[1], 'failure', ARGV[2], 'retryAt', at(ARGV[3]))
else
  redis.call('HSET', KEYS[1], 'bar:' .. ARGV[5], at(ARGV[3]) .. ' ' .. ARGV[2], 'retryAt', at(ARGV[6]))
  redis.call('HDEL', KEYS[1], 'failure')
end
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[4]) then redis.call('PEXPIRE', KEYS[1], ARGV[4]) end
redis.call('DEL', KEYS[2])
return 1
