-- Gives a lease back early, if it is still the caller's.
-- KEYS 1 lease   ARGV 1 holder   Returns 1 when released, 0 when it was not the caller's.
local held = redis.call('GET', KEYS[1])
if held and string.match(held, '^(%S+) ') == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
