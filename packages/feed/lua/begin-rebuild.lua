-- Takes the old generation away, so that nothing changes the index while it is rebuilt, for the leader alone. The names of the
-- campaigns stay: what the ledger doesn't hold open any more is to be forgotten (forget-campaign.lua).
-- KEYS 1 generation  2 fence  3 feed (stream)
-- ARGV 1 fence
-- Returns begun | fenced
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 'fenced' end
redis.call('DEL', KEYS[1], KEYS[3])
return 'begun'
