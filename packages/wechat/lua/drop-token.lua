-- Drops a token that WeChat refused, if it is still the current one.
-- KEYS 1 token (hash)
-- ARGV 1 fingerprint
-- Returns 1 when dropped, 0 when another token stands or none.
-- Invariant: a token fetched meanwhile survives; retryAt stays, so that drops can't make more refreshes than it allows.
if redis.call('HGET', KEYS[1], 'fingerprint') ~= ARGV[1] then return 0 end
redis.call('HDEL', KEYS[1], 'sealed', 'fingerprint', 'expiresAt', 'usableUntil', 'renewAt')
return 1
