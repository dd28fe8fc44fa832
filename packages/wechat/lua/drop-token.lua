-- Drops a token that WeChat refused, if it is still the current one, and counts how often that happens.
-- KEYS 1 token (hash)
-- ARGV 1 fingerprint  2 longest wait in ms before the next refresh
-- Returns 1 when dropped, 0 when another token stands or none.
-- Invariant: a token fetched meanwhile survives; retryAt never comes nearer, so that drops can't make more refreshes than it allows.
-- Tokens refused within 10 s of their refresh, one after another, double the wait before the next. The refusals of one and the same
-- token are counted in a row: what claim-token asks before it forces.
local token = redis.call('HMGET', KEYS[1], 'fingerprint', 'obtainedAt', 'gap', 'quick', 'refusedMark', 'retryAt')
if token[1] ~= ARGV[1] then return 0 end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function text(number) return string.format('%.0f', number) end
redis.call('HDEL', KEYS[1], 'sealed', 'fingerprint', 'expiresAt', 'usableUntil', 'renewAt', 'by', 'usedAt')

local obtained = tonumber(token[2] or '0')
local quick = 0
if now - obtained < 10000 then quick = math.min(tonumber(token[4] or '0') + 1, 20) end
local wait = math.min(tonumber(token[3] or '0') * 2 ^ math.max(quick - 1, 0), tonumber(ARGV[2]))
local retry = math.max(tonumber(token[6] or '0'), obtained + wait)
redis.call('HSET', KEYS[1], 'quick', quick, 'retryAt', text(retry), 'refused', '1')

if token[5] == ARGV[1] then
  redis.call('HINCRBY', KEYS[1], 'refusals', 1)
else
  redis.call('HSET', KEYS[1], 'refusedMark', ARGV[1], 'refusals', 1, 'refusedSince', text(now))
end
return 1
