-- Lets refused scenes print again, a batch of one retry at a time, for the leader alone. In a campaign that was cancelled in the
-- middle of it they are cancelled instead: the ledger says of all of them that they were taken back.
-- KEYS 1 generation  2 fence  3 campaign (hash)  4 bits
-- ARGV 1 generation  2 fence  3 seq of the retry  4 first index of this batch  5 first index of the next one ('' when this is
--   the last)  6... indexes
-- Returns cleared | older | fenced | rebuild
-- Invariant: each batch takes effect once in a generation: `retrying` says how far the retry has come. Refusals that come
-- meanwhile are not of it.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'rebuild' end
if redis.call('GET', KEYS[2]) ~= ARGV[2] then return 'fenced' end
local now = redis.call('HMGET', KEYS[3], 'retried', 'retrying', 'cursor', 'state', 'finishedAt')
if tonumber(now[1] or '0') >= tonumber(ARGV[3]) then return 'older' end
local at = 0
if now[2] then
  local seq, index = string.match(now[2], '(%d+) (%d+)')
  if seq == ARGV[3] then at = tonumber(index) end
end
if at > tonumber(ARGV[4]) then return 'older' end
local cursor = tonumber(now[3] or '0')
local cleared, below = 0, 0
if not now[5] then
  for i = 6, #ARGV do
    if redis.call('SETBIT', KEYS[4], ARGV[i], 0) == 1 then
      cleared = cleared + 1
      if tonumber(ARGV[i]) < cursor then below = below + 1 end
    end
  end
end
if cleared > 0 then
  redis.call('HINCRBY', KEYS[3], 'refused', -cleared)
  redis.call('HINCRBY', KEYS[3], 'fed', below)
  if now[4] == 'cancelled' then redis.call('HINCRBY', KEYS[3], 'cancelled', cleared) end
end
if ARGV[5] == '' then
  redis.call('HSET', KEYS[3], 'retried', ARGV[3])
  redis.call('HDEL', KEYS[3], 'retrying', 'lastRound')
else
  redis.call('HSET', KEYS[3], 'retrying', ARGV[3] .. ' ' .. ARGV[5])
end
return 'cleared'
