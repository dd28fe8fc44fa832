-- Notes how many WeChat says it has counted. Its number only grows: one that came late changes nothing.
-- KEYS 1 tally  2 tallied  3 tallying   ARGV 1 number  2 now in epoch ms
-- Nothing is noted while the count is not loaded: it would be compared with half of ours.
-- Returns {1 when noted else 0, ours: counted or in flight}: WeChat has counted most of those in flight already.
local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or 'unknown'
if redis.call('HGET', KEYS[1], 'loaded') ~= run_id or redis.call('SISMEMBER', KEYS[2], '!') == 0 then return { 0, 0 } end
local time = redis.call('TIME')
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', time[1] * 1000 + math.floor(time[2] / 1000))
local ours = redis.call('SCARD', KEYS[2]) - 1 + redis.call('ZCARD', KEYS[3])
if tonumber(ARGV[1]) < tonumber(redis.call('HGET', KEYS[1], 'said') or '0') then return { 0, ours } end
redis.call('HSET', KEYS[1], 'said', ARGV[1], 'said_ours', ours, 'said_at', ARGV[2])
return { 1, ours }
