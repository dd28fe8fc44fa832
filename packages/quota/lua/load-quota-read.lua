-- Brings what the ledger knows into a Redis that knows nothing, or that came back older than it was.
-- KEYS 1 observed quota   ARGV field, value, ...   Returns 1 when this run of the server had not been told.
-- Invariant: what was told last stands, the more that was asked of the later day, and the longer rest.
local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or 'unknown'
if redis.call('HGET', KEYS[1], 'loaded') == run_id then return 0 end
local past = {}
for i = 1, #ARGV, 2 do past[ARGV[i]] = ARGV[i + 1] end
local function number(text) return tonumber(text or '-1') end
local function here(field) return number(redis.call('HGET', KEYS[1], field)) end
for field, value in pairs(past) do
  local told = string.match(field, '^told:(.+)$')
  if told then
    if number(past['at:' .. told]) > here('at:' .. told) then
      redis.call('HSET', KEYS[1], field, value, 'at:' .. told, past['at:' .. told])
    end
  elseif string.sub(field, 1, 4) == 'due:' then redis.call('HSETNX', KEYS[1], field, value) end
end
if number(past.not_before) > here('not_before') then redis.call('HSET', KEYS[1], 'not_before', past.not_before) end
local day, old_day = number(past.day), here('day')
if day > old_day or (day == old_day and number(past.asked) > here('asked')) then
  redis.call('HSET', KEYS[1], 'day', past.day, 'asked', past.asked or '0')
end
redis.call('HSET', KEYS[1], 'loaded', run_id)
return 1
