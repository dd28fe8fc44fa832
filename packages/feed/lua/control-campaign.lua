-- Applies a command that stands in the control log.
-- KEYS 1 generation  2 campaign (hash)
-- ARGV 1 generation  2 seq of the command  3 the state that it leads to  4 priority ('' leaves it as it is)
-- Returns applied | older | final | rebuild | unknown
-- Invariant: a final state never changes, nor does a campaign that has nothing pending; a cancel takes effect whenever it
-- comes, other commands in the order of the log.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'rebuild' end
local now = redis.call('HMGET', KEYS[2], 'state', 'control', 'total', 'published', 'refused')
if not now[1] then return 'unknown' end
local last = tonumber(now[2] or '0')
local left = tonumber(now[3]) - tonumber(now[4] or '0') - tonumber(now[5] or '0')
local over = now[1] == 'completed' or now[1] == 'cancelled' or now[1] == 'failed' or left <= 0
if not over and tonumber(ARGV[2]) <= last and ARGV[3] ~= 'cancelled' then return 'older' end
if tonumber(ARGV[2]) > last then redis.call('HSET', KEYS[2], 'control', ARGV[2]) end
if over then return 'final' end
if ARGV[4] ~= '' then redis.call('HSET', KEYS[2], 'priority', ARGV[4]) end
redis.call('HSET', KEYS[2], 'state', ARGV[3])
if ARGV[3] == 'cancelled' then redis.call('HSET', KEYS[2], 'cancelled', string.format('%.0f', left)) end
return 'applied'
