-- What became of a call: the page is good, or its probe told nothing and another may try.
-- KEYS 1 page   ARGV 1 token, or "" for a call that was no probe  2 how long it stays good in ms, 0 when it told nothing
-- Returns 1 when anything changed.
-- Invariant: a probe that comes late takes nobody else's claim away.
if tonumber(ARGV[2]) > 0 then
  redis.call('SET', KEYS[1], 'passed', 'PX', ARGV[2])
  return 1
end
if redis.call('GET', KEYS[1]) == 'probe ' .. ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
