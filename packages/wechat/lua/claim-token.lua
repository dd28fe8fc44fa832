-- Gives the app's token, or the right to fetch one, or says why neither.
-- KEYS 1 token (hash: sealed, fingerprint, obtainedAt, expiresAt, usableUntil, renewAt, retryAt, gap, failure, quick, refused,
--   refusedMark, refusals, refusedSince, forceDay, forces, forcedAt, failingSince, by, usedAt, bar:<host>, bar:credential:<mark>,
--   barredSince:<mark>)  2 flight (string)
-- ARGV 1 flight id  2 flight length in ms  3 a sealed token that is none to the caller, or ''  4 host  5 1 when force_refresh may be used
--   6 mark of the caller's credential, or ''
-- Returns {'token', sealed, usable ms} | {'yours', sealed or '', usable ms, force 0/1, refused 0/1} | {'busy', ms} | {'wait', ms}
--   | {'failed', failure, ms, failing for ms} | {'barred', failure, ms, differs 0/1}
-- `differs`: others have a usable token by another credential, and use it, or may: see fail-token.
-- Invariant: one flight at a time; none before retryAt, none from a barred host or with a barred credential; a usable token is always given, even while another
-- is fetched. Forced only after the same token was refused 3 times within 30 s or more, at most 20 times a day of Shanghai (UTC+8),
-- 30 s apart the first time, twice as long each time after, up to an hour; counted before it is done.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local token = redis.call('HMGET', KEYS[1], 'sealed', 'usableUntil', 'renewAt', 'retryAt', 'failure', 'bar:' .. ARGV[4], 'refused',
  'failingSince', 'by', 'usedAt')
local sealed = token[1]
local mark = ARGV[6] or ''
local usable = 0
if sealed and sealed ~= ARGV[3] then usable = tonumber(token[2]) - now end
if usable > 0 and mark ~= '' and token[9] == mark and now - tonumber(token[10] or '0') > 10000 then
  redis.call('HSET', KEYS[1], 'usedAt', string.format('%.0f', now))
end
if usable > 0 and now < tonumber(token[3]) then return {'token', sealed, usable} end

local pause = tonumber(token[4] or '0') - now
if pause > 0 then
  if usable > 0 then return {'token', sealed, usable} end
  if token[5] then return {'failed', token[5], pause, now - tonumber(token[8] or now)} end
  return {'wait', pause}
end

local function barOf(text)
  if not text then return nil end
  local till, why = string.match(text, '^(%d+) (.*)$')
  if till and tonumber(till) > now then return tonumber(till) - now, why end
end
local function differs()
  if not token[9] or token[9] == mark or not sealed or tonumber(token[2]) <= now then return 0 end
  local since = tonumber(redis.call('HGET', KEYS[1], 'barredSince:' .. mark) or now)
  if now - tonumber(token[10] or '0') < 120000 or now - since < 30000 then return 1 end
  return 0
end
local barred, why = barOf(token[6])
local differing = 0
if not barred and mark ~= '' then
  barred, why = barOf(redis.call('HGET', KEYS[1], 'bar:credential:' .. mark))
  if barred then differing = differs() end
end
if barred then
  if usable > 0 then return {'token', sealed, usable} end
  local flying = redis.call('PTTL', KEYS[2])
  if flying > 0 and differing == 0 then return {'busy', flying} end
  return {'barred', why, barred, differing}
end

local function mayForce()
  if ARGV[5] ~= '1' or usable > 0 then return false end
  local past = redis.call('HMGET', KEYS[1], 'refusals', 'refusedSince', 'forceDay', 'forces', 'forcedAt')
  if tonumber(past[1] or '0') < 3 or now - tonumber(past[2]) < 30000 then return false end
  local day = math.floor((now + 28800000) / 86400000)
  local forces = tonumber(past[4] or '0')
  if tonumber(past[3] or '0') ~= day then forces = 0 end
  local apart = 30000
  if forces > 1 then apart = math.min(30000 * 2 ^ (forces - 1), 3600000) end
  if forces >= 20 or now - tonumber(past[5] or '0') < apart then return false end
  redis.call('HSET', KEYS[1], 'forceDay', string.format('%.0f', day), 'forces', string.format('%.0f', forces + 1),
    'forcedAt', string.format('%.0f', now))
  return true
end

if redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then
  local refused = 0
  if token[7] == '1' then refused = 1 end
  local force = 0
  if mayForce() then force = 1 end
  if usable > 0 then return {'yours', sealed, usable, force, refused} end
  return {'yours', '', 0, force, refused}
end
if usable > 0 then return {'token', sealed, usable} end
return {'busy', redis.call('PTTL', KEYS[2])}
