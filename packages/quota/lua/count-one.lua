-- Counts what WeChat has given a picture for, once, and ends its reservation.
-- KEYS 1 tallied  2 tallying   ARGV 1 item   Returns 1 when it is new.
-- Invariant: a set that was lost stays so here: it has no '!'.
redis.call('ZREM', KEYS[2], ARGV[1])
return redis.call('SADD', KEYS[1], ARGV[1])
