-- Publishes scenes whose pictures were found closed, for the leader alone: for each one what publish.lua does.
-- KEYS 1 generation  2 fence  3 campaign (hash)  4 bits  5 feed (stream)  6 parked (bitmap)  7 built-on (the run id of the server
--   that the index was built on)
-- ARGV 1 generation  2 fence  3 campaign id  4... scene index, published | reused, event (JSON without n), ...
-- Returns how many were published | halted (the campaign isn't running) | fenced | rebuild
-- Invariant: a scene's bit goes from 0 to 1 once in a generation, with exactly one entry in the stream. An index
-- that another run of the server has left behind counts for nothing: what a snapshot doesn't know of may stand in closed parts, and
-- the leader closes these rows in the same turn.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'rebuild' end
local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or 'unknown'
if redis.call('GET', KEYS[7]) ~= run_id then return 'rebuild' end
if redis.call('GET', KEYS[2]) ~= ARGV[2] then return 'fenced' end
local now = redis.call('HMGET', KEYS[3], 'state', 'n', 'parked')
if now[1] ~= 'running' then return 'halted' end
local n = tonumber(now[2] or '0')
local parked = tonumber(now[3] or '0')
local published, reused, freed = 0, 0, 0
for i = 4, #ARGV, 3 do
  if redis.call('SETBIT', KEYS[4], ARGV[i], 1) == 0 then
    if parked > 0 and redis.call('GETBIT', KEYS[6], ARGV[i]) == 1 then
      redis.call('SETBIT', KEYS[6], ARGV[i], 0)
      freed = freed + 1
    end
    n = n + 1
    published = published + 1
    if ARGV[i + 1] == 'reused' then reused = reused + 1 end
    redis.call('XADD', KEYS[5], '*', 'c', ARGV[3], 'n', string.format('%.0f', n), 'e', ARGV[i + 2])
  end
end
redis.call('HINCRBY', KEYS[3], 'n', published)
redis.call('HINCRBY', KEYS[3], 'published', published)
redis.call('HINCRBY', KEYS[3], 'reused', reused)
if freed > 0 then redis.call('HINCRBY', KEYS[3], 'parked', -freed) end
return published
