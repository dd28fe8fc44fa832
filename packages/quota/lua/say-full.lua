-- Notes that WeChat counts nothing new any more. The first time stays.
-- KEYS 1 tally  2 tallied   ARGV 1 now in epoch ms   Returns {1 when this is the first time, used}.
local state = redis.call('HMGET', KEYS[1], 'said', 'said_ours')
local ours = redis.call('SCARD', KEYS[2]) - redis.call('SISMEMBER', KEYS[2], '!')
local used = math.max(ours, tonumber(state[1] or '0') + math.max(0, ours - tonumber(state[2] or '0')))
if redis.call('HSETNX', KEYS[1], 'full_at', ARGV[1]) == 0 then return { 0, used } end
redis.call('HSET', KEYS[1], 'full_used', used)
return { 1, used }
