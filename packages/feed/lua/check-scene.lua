-- Says whether a scene is still wanted.
-- KEYS 1 generation  2 campaign (hash)  3 bits
-- ARGV 1 generation that the job was made under  2 scene index
-- Returns open | done | paused | cancelled | rebuild | unknown
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'rebuild' end
local state = redis.call('HGET', KEYS[2], 'state')
if not state then return 'unknown' end
if state == 'completed' or state == 'failed' then return 'done' end
if state ~= 'running' then return state end
if redis.call('GETBIT', KEYS[3], ARGV[2]) == 1 then return 'done' end
return 'open'
