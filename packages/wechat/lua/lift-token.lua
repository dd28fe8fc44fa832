-- Forgets why no token could be fetched, so that the next caller asks: somebody has mended it.
-- KEYS 1 token (hash)
-- Returns 1.
-- Invariant: a token that stands stays, and so do the counts of forced refreshes.
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if field == 'failure' or field == 'retryAt' or field == 'quick' or field == 'failingSince'
    or string.sub(field, 1, 4) == 'bar:' or string.sub(field, 1, 12) == 'barredSince:' then
    redis.call('HDEL', KEYS[1], field)
  end
end
return 1
