-- Ends the hold of a page or a campaign; what is known of the page goes too, so that it is probed anew.
-- KEYS 1 gate  2 page, or none for a campaign   ARGV 1 name   Returns 1 when it was held.
redis.call('HDEL', KEYS[1], 'run:' .. ARGV[1])
if KEYS[2] then redis.call('DEL', KEYS[2]) end
return redis.call('HDEL', KEYS[1], ARGV[1])
