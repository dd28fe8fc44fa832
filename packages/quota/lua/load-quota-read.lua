-- Brings what the ledger knows into a Redis that knows nothing; what is there stays.
-- KEYS 1 observed quota   ARGV field, value, ...   Returns 1 when it was missing.
if redis.call('HEXISTS', KEYS[1], 'loaded') == 1 then return 0 end
for i = 1, #ARGV, 2 do redis.call('HSETNX', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('HSET', KEYS[1], 'loaded', '1')
return 1
