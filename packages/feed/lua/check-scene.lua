-- Says whether a scene is still wanted.
-- KEYS 1 generation  2 campaign (hash)  3 bits  4 built-on (the run id of the server that the index was built on)
-- ARGV 1 generation that the job was made under  2 scene index
-- Returns open | done | paused | closed (outside of its window) | cancelled | rebuild | unknown
-- Invariant: an index that another run of the server has left behind counts for nothing, as long as no leader has built it anew: a
-- snapshot may be older than the commands.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'rebuild' end
local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or 'unknown'
if redis.call('GET', KEYS[4]) ~= run_id then return 'rebuild' end
local now = redis.call('HMGET', KEYS[2], 'state', 'window', 'closesAt')
local state = now[1]
if not state then return 'unknown' end
if state == 'completed' or state == 'failed' then return 'done' end
if state ~= 'running' then return state end
-- Before the bit: this answer holds for the whole campaign. A window that no leader has judged yet is closed.
if now[2] then
  local time = redis.call('TIME')
  if tonumber(now[3] or '0') <= time[1] * 1000 + math.floor(time[2] / 1000) then return 'closed' end
end
if redis.call('GETBIT', KEYS[3], ARGV[2]) == 1 then return 'done' end
return 'open'
