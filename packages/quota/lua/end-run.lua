-- WeChat gave a picture: the runs of refusals of its page and campaign are over.
-- KEYS 1 gate   ARGV names   Returns how many there were.
local ended = 0
for _, name in ipairs(ARGV) do ended = ended + redis.call('HDEL', KEYS[1], 'run:' .. name) end
return ended
