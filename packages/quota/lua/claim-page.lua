-- Says whether a page is good, or gives the right to find out to one caller at a time.
-- KEYS 1 page (string "passed", or "probe <token>")   ARGV 1 token  2 length of a claim in ms
-- Returns {'passed' | 'probing' | 'claimed', ms left of it}.
local known = redis.call('GET', KEYS[1])
if known then return { known == 'passed' and known or 'probing', redis.call('PTTL', KEYS[1]) } end
redis.call('SET', KEYS[1], 'probe ' .. ARGV[1], 'PX', ARGV[2])
return { 'claimed', tonumber(ARGV[2]) }
