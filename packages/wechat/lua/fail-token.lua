-- Records why no token could be fetched, for everybody, for one host or for one credential, and ends the flight.
-- KEYS 1 token (hash)  2 flight
-- ARGV 1 flight id  2 failure (text)  3 no refresh before ms  4 keep ms  5 whose it is: a host, 'credential:' and its mark, or ''
--   6 no refresh by others before ms  7 mark of the caller's credential, or ''
-- Returns {failing for ms, differs 0/1}, or 0 when the flight is no longer the caller's: then nothing changes.
-- `failing for`: since when there was neither a usable token nor any but failed fetches, 0 when one stands. `differs`: it is the
-- credential that is refused, while a usable token stands that another one fetched, and that was used within two minutes; or may be:
-- for the first 30 s nobody can tell.
-- Invariant: a token that stands stays, and its key lives no shorter; what is the trouble of one host or of one credential keeps no
-- other from asking.
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function at(ms) return string.format('%.0f', now + ms) end
local mark = ARGV[7] or ''
local old = redis.call('HMGET', KEYS[1], 'usableUntil', 'by', 'usedAt', 'retryAt', 'failingSince', 'barredSince:' .. mark)
local stands = old[1] and tonumber(old[1]) > now
local isOthers = stands and mark ~= '' and old[2] and old[2] ~= mark
local failing, differs = 0, 0

if ARGV[5] == '' then
  redis.call('HSET', KEYS[1], 'failure', ARGV[2], 'retryAt', at(ARGV[3]))
  if stands and not isOthers then
    redis.call('HDEL', KEYS[1], 'failingSince')
  else
    local since = now
    if old[5] and now - tonumber(old[4] or '0') < 60000 then since = tonumber(old[5]) end
    redis.call('HSET', KEYS[1], 'failingSince', string.format('%.0f', since))
    failing = now - since
  end
else
  local bar = 'bar:' .. ARGV[5]
  local last = string.match(redis.call('HGET', KEYS[1], bar) or '', '^(%d+) ')
  redis.call('HSET', KEYS[1], bar, at(ARGV[3]) .. ' ' .. ARGV[2], 'retryAt', at(ARGV[6]))
  redis.call('HDEL', KEYS[1], 'failure', 'failingSince')
  if ARGV[5] == 'credential:' .. mark then
    local since = now
    if old[6] and last and now - tonumber(last) < 30000 then since = tonumber(old[6]) end
    redis.call('HSET', KEYS[1], 'barredSince:' .. mark, string.format('%.0f', since))
    if isOthers and (now - tonumber(old[3] or '0') < 120000 or now - since < 30000) then differs = 1 end
  end
end
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[4]) then redis.call('PEXPIRE', KEYS[1], ARGV[4]) end
redis.call('DEL', KEYS[2])
return {failing, differs}
