-- Counts the different scenes of a page or campaign that WeChat refused in a row with one errcode.
-- KEYS 1 gate   ARGV 1 name  2 scene  3 errcode  4 most scenes that are kept
-- Returns {'held', ms left, JSON} when it is held already, else {'run', scenes}.
-- Invariant: another errcode begins another run; the same scene counts once.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local held = redis.call('HGET', KEYS[1], ARGV[1])
if held then
  local hold = cjson.decode(held)
  local left = math.min(hold['until'] - now, hold['for'])
  if left > 0 then return { 'held', left, held } end
end
local field = 'run:' .. ARGV[1]
local old = redis.call('HGET', KEYS[1], field)
local run = old and cjson.decode(old) or nil
if not run or run.errcode ~= ARGV[3] then run = { errcode = ARGV[3], scenes = {} } end
local seen = false
for _, scene in ipairs(run.scenes) do
  if scene == ARGV[2] then seen = true end
end
if not seen and #run.scenes < tonumber(ARGV[4]) then run.scenes[#run.scenes + 1] = ARGV[2] end
run.at = now
redis.call('HSET', KEYS[1], field, cjson.encode(run))
return { 'run', #run.scenes }
