-- Notes how many scenes of a campaign end in a minute, for the leader alone.
-- KEYS 1 generation  2 fence  3 campaign (hash)
-- ARGV 1 generation  2 fence  3 scenes a minute
-- Returns noted | fenced | rebuild
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'rebuild' end
if redis.call('GET', KEYS[2]) ~= ARGV[2] then return 'fenced' end
if redis.call('EXISTS', KEYS[3]) == 1 then redis.call('HSET', KEYS[3], 'perMinute', ARGV[3]) end
return 'noted'
