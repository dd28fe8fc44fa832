-- Makes the state of a lane that has none, with a hold of at least so long; a state that is there stays as it is.
-- KEYS 1 permits   ARGV 1 spacing in us  2 hold in ms, 0 for none  3 reason  4 scope of the hold
-- Returns 1 when made, 0 when it was there.
-- Invariant: without knowledge of the slots given before, the first new slot is behind all of them: as after a restart.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
if redis.call('HEXISTS', KEYS[1], 'tat') == 1 then return 0 end
local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or 'unknown'
local hold_for = ARGV[2] * 1000
local tat = now
if hold_for > 0 then
  tat = now + 2000000 + ARGV[1]
  local held = tonumber(redis.call('HGET', KEYS[1], 'hold_until') or '0')
  if now + hold_for > held then
    redis.call('HSET', KEYS[1], 'hold_until', string.format('%.0f', now + hold_for),
      'hold_for', string.format('%.0f', hold_for), 'hold_reason', ARGV[3], 'hold_scope', ARGV[4])
  end
end
redis.call('HSET', KEYS[1], 'tat', string.format('%.0f', tat), 'paced', ARGV[1], 'run_id', run_id)
return 1
