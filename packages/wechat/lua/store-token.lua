-- Stores a fetched token and ends the flight.
-- KEYS 1 token (hash)  2 flight
-- ARGV 1 flight id  2 sealed  3 fingerprint  4 lifetime ms  5 usable ms  6 renew after ms  7 no refresh before ms  8 keep ms
--   9 mark of the credential that fetched it, or ''
-- Returns 1, or 0 when the flight is no longer the caller's: then a later token may be there already, and nothing changes.
-- Invariant: only the holder of the flight writes, so an older token never replaces a newer one.
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function at(ms) return string.format('%.0f', now + ms) end
redis.call('HSET', KEYS[1], 'sealed', ARGV[2], 'fingerprint', ARGV[3], 'obtainedAt', at(0), 'expiresAt', at(ARGV[4]),
  'usableUntil', at(ARGV[5]), 'renewAt', at(ARGV[6]), 'retryAt', at(ARGV[7]), 'gap', ARGV[7])
redis.call('HDEL', KEYS[1], 'failure', 'refused', 'failingSince')
if (ARGV[9] or '') == '' then
  redis.call('HDEL', KEYS[1], 'by', 'usedAt')
else
  redis.call('HSET', KEYS[1], 'by', ARGV[9], 'usedAt', at(0))
end
redis.call('PEXPIRE', KEYS[1], ARGV[8])
redis.call('DEL', KEYS[2])
return 1
