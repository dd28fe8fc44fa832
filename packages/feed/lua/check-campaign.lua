-- Says whether a campaign's index holds together: as many bits as rows, and a stream while rows are in no closed part.
-- KEYS 1 campaign (hash)  2 bits  3 feed (stream)
-- Returns 1 when it does, 0 when a key of it was lost
local now = redis.call('HMGET', KEYS[1], 'published', 'refused', 'n', 'closed')
local rows = tonumber(now[1] or '0') + tonumber(now[2] or '0')
if redis.call('BITCOUNT', KEYS[2]) ~= rows then return 0 end
if tonumber(now[4] or '0') < tonumber(now[3] or '0') and redis.call('XLEN', KEYS[3]) == 0 then return 0 end
return 1
