-- Reads an app's held pages and campaigns and the runs of refusals that are open; what is over goes.
-- KEYS 1 gate (hash: loaded; page-<hash>, campaign-<id>: holds as JSON; run:<name>: runs as JSON)   ARGV 1 longest life of a run in ms
-- Returns {1 when loaded on this run of the server else 0, now in ms, run id, name, ms left, JSON, name, ms left, JSON, ...}: -1 left for a run.
-- Invariant: a hold never lasts longer from now than it was made for, however far the clock was set back.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or 'unknown'
local all = redis.call('HGETALL', KEYS[1])
local reply = { 0, now, run_id }
for i = 1, #all, 2 do
  local name, text = all[i], all[i + 1]
  if name == 'loaded' then
    if text == run_id then reply[1] = 1 end
  else
    local entry = cjson.decode(text)
    local left = -1
    if string.sub(name, 1, 4) == 'run:' then
      if now - entry.at > tonumber(ARGV[1]) then left = 0 end
    else
      left = math.max(0, entry['until'] - now)
      if left > entry['for'] then
        left = entry['for']
        entry['until'] = now + left
        redis.call('HSET', KEYS[1], name, cjson.encode(entry))
      end
    end
    if left == 0 then
      redis.call('HDEL', KEYS[1], name)
    else
      reply[#reply + 1] = name
      reply[#reply + 1] = left
      reply[#reply + 1] = text
    end
  end
end
return reply
