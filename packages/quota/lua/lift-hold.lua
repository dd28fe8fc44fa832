-- Ends the holds of lanes; their pace stays.
-- KEYS permits of each lane   Returns how many lanes were held.
local lifted = 0
for _, key in ipairs(KEYS) do
  if redis.call('HDEL', key, 'hold_until', 'hold_for', 'hold_reason', 'hold_scope') > 0 then lifted = lifted + 1 end
end
return lifted
