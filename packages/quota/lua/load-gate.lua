-- Brings the ledger's holds of pages and campaigns into a Redis that may have forgotten some, or kept what was lifted.
-- KEYS 1 gate   ARGV 1 run id for which they were read  2 when reading began, Redis's clock in ms  3 longest hold in ms that the
--      ledger doesn't keep  4 grace in ms: younger holds may not be in the ledger yet;  then name, ms left, JSON without times, ...
-- Returns 1 when done, 0 when this is another run of the server.
-- Invariant: afterwards each hold of the ledger stands, and no long one that the ledger does not know, save young ones.
local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or 'unknown'
if run_id ~= ARGV[1] then return 0 end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local recorded = {}
for i = 5, #ARGV, 3 do
  local name, left = ARGV[i], tonumber(ARGV[i + 1])
  recorded[name] = true
  local old = redis.call('HGET', KEYS[1], name)
  if not old or cjson.decode(old)['until'] < now + left then
    local hold = cjson.decode(ARGV[i + 2])
    hold['until'], hold['for'], hold.at = now + left, left, now
    redis.call('HSET', KEYS[1], name, cjson.encode(hold))
  end
end
for _, name in ipairs(redis.call('HKEYS', KEYS[1])) do
  if name ~= 'loaded' and string.sub(name, 1, 4) ~= 'run:' and not recorded[name] then
    local hold = cjson.decode(redis.call('HGET', KEYS[1], name))
    if hold['for'] > tonumber(ARGV[3]) and hold.at < ARGV[2] - ARGV[4] then redis.call('HDEL', KEYS[1], name) end
  end
end
redis.call('HSET', KEYS[1], 'loaded', run_id)
return 1
