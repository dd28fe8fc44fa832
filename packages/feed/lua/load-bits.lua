-- Writes a slice of a campaign's bits as the ledger has them, for the leader alone, before the script that makes the campaign count:
-- a large campaign's bits at once would take three times their size for a moment.
-- KEYS 1 generation  2 fence  3 bits  4 open (zset)
-- ARGV 1 generation ('' in the middle of a rebuild: there is none)  2 fence  3 campaign id  4 first byte of the slice
--   5 slice (binary)
-- Returns loaded | there (it is open) | fenced | rebuild
-- Invariant: the first slice begins anew, whatever was left; bits that count stay as they are.
local generation = redis.call('GET', KEYS[1])
if ARGV[1] == '' then
  if generation then return 'fenced' end
elseif generation ~= ARGV[1] then
  return 'rebuild'
end
if redis.call('GET', KEYS[2]) ~= ARGV[2] then return 'fenced' end
if generation and redis.call('ZSCORE', KEYS[4], ARGV[3]) then return 'there' end
if ARGV[4] == '0' then redis.call('DEL', KEYS[3]) end
if #ARGV[5] > 0 then redis.call('SETRANGE', KEYS[3], ARGV[4], ARGV[5]) end
return 'loaded'
