-- Notes until when a campaign's window is open, for the leader alone: check-scene.lua closes it then, whatever becomes of the leader.
-- KEYS 1 generation  2 fence  3 campaign (hash)
-- ARGV 1 generation  2 fence  3 closes at (epoch ms; 0: it is closed)
-- Returns noted | fenced | rebuild
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'rebuild' end
if redis.call('GET', KEYS[2]) ~= ARGV[2] then return 'fenced' end
if redis.call('EXISTS', KEYS[3]) == 1 then redis.call('HSET', KEYS[3], 'closesAt', ARGV[3]) end
return 'noted'
