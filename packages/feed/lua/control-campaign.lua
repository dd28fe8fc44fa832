-- Applies a command that stands in the control log.
-- KEYS 1 generation  2 campaign (hash)
-- ARGV 1 generation  2 seq of the command  3 the state that it leads to  4 priority ('' leaves it as it is)
--      5 seq of the log's last retry, 0 for none
-- Returns applied | older | final | rebuild | unknown
-- Invariant: a final state never changes, nor does a campaign that has nothing pending, unless a retry is about to give it rows: then
-- a pause holds before they come, and a cancel before it is known which these are. A cancel takes effect whenever it comes, other
-- commands in the order of the log; the same one again where it leads elsewhere, by who has read the whole log.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'rebuild' end
local now = redis.call('HMGET', KEYS[2], 'state', 'control', 'total', 'published', 'refused', 'retried')
local was, to, seq = now[1], ARGV[3], tonumber(ARGV[2])
if not was then return 'unknown' end
local last = tonumber(now[2] or '0')
local left = tonumber(now[3]) - tonumber(now[4] or '0') - tonumber(now[5] or '0')
local awaits = tonumber(ARGV[5]) > tonumber(now[6] or '0')
local over = was == 'completed' or was == 'cancelled' or was == 'failed' or left <= 0 and not awaits
local is_old = seq < last or seq == last and was == to
if not over and is_old and to ~= 'cancelled' then return 'older' end
if seq > last then redis.call('HSET', KEYS[2], 'control', ARGV[2]) end
if over then return 'final' end
if ARGV[4] ~= '' then redis.call('HSET', KEYS[2], 'priority', ARGV[4]) end
redis.call('HSET', KEYS[2], 'state', to)
if to == 'cancelled' then redis.call('HSET', KEYS[2], 'cancelled', string.format('%.0f', left)) end
return 'applied'
