-- Gives permits back to their day: nothing was written with them. Their slots in time are lost.
-- KEYS 1 permits   ARGV 1 how many  2 the day that they were counted for  3 a word of its own for each return, without a blank
-- Returns calls used of that day, -1 when the count is another day's, or this came before: a connection that breaks sends again.
-- Invariant: a hold that stands only because the day was used up ends with the first permit that comes back; of the last
-- MOST_WORDS returns none counts twice, whoever came in between.
local MOST_WORDS = 64
local state = redis.call('HMGET', KEYS[1], 'day', 'day_used', 'hold_spent', 'returned')
if tonumber(state[1] or '0') ~= tonumber(ARGV[2]) then return -1 end
local words = {}
for word in string.gmatch(state[4] or '', '%S+') do
  if word == ARGV[3] then return -1 end
  words[#words + 1] = word
end
words[#words + 1] = ARGV[3]
local used = math.max(0, tonumber(state[2] or '0') - ARGV[1])
redis.call('HSET', KEYS[1], 'day_used', string.format('%.0f', used),
  'returned', table.concat(words, ' ', math.max(1, #words - MOST_WORDS + 1)))
if state[3] == '1' then
  redis.call('HDEL', KEYS[1], 'hold_until', 'hold_for', 'hold_reason', 'hold_message', 'hold_spent')
end
return used
