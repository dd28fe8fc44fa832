-- Notes that a campaign's rows up to n stand in closed parts, for the leader alone; then trims what all campaigns have closed.
-- KEYS 1 generation  2 fence  3 feed (stream)  4 campaign (hash)
-- ARGV 1 generation  2 fence  3 last n closed  4 first stream id that must stay ('' leaves the stream as it is)
-- Returns closed | fenced | rebuild
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'rebuild' end
if redis.call('GET', KEYS[2]) ~= ARGV[2] then return 'fenced' end
local closed = tonumber(redis.call('HGET', KEYS[4], 'closed') or '0')
if tonumber(ARGV[3]) > closed then redis.call('HSET', KEYS[4], 'closed', ARGV[3]) end
if ARGV[4] ~= '' then redis.call('XTRIM', KEYS[3], 'MINID', ARGV[4]) end
return 'closed'
