-- Gives the app's token, or the right to fetch one, or says why neither.
-- KEYS 1 token (hash: sealed, fingerprint, obtainedAt, expiresAt, usableUntil, renewAt, retryAt, failure)  2 flight (string)
-- ARGV 1 flight id  2 flight length in ms  3 a sealed token that is none to the caller, or ''
-- Returns {'token', sealed, usable ms} | {'yours', sealed or '', usable ms} | {'busy', ms} | {'wait', ms} | {'failed', failure, ms}
-- Invariant: one flight at a time; none before retryAt; a usable token is always given, even while another is fetched.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local token = redis.call('HMGET', KEYS[1], 'sealed', 'usableUntil', 'renewAt', 'retryAt', 'failure')
local sealed = token[1]
local usable = 0
if sealed and sealed ~= ARGV[3] then usable = tonumber(token[2]) - now end
if usable > 0 and now < tonumber(token[3]) then return {'token', sealed, usable} end
local pause = tonumber(token[4] or '0') - now
if pause > 0 then
  if usable > 0 then return {'token', sealed, usable} end
  if token[5] then return {'failed', token[5], pause} end
  return {'wait', pause}
end
if redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then
  if usable > 0 then return {'yours', sealed, usable} end
  return {'yours', '', 0}
end
if usable > 0 then return {'token', sealed, usable} end
return {'busy', redis.call('PTTL', KEYS[2])}
