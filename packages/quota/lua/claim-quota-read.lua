-- Gives one process the right to ask WeChat for the quota of an endpoint, when that is due and was not asked too often today.
-- KEYS 1 observed quota (hash: loaded, day, asked, not_before; due:, soon:, at:, told:<endpoint>)
-- ARGV 1 endpoint  2 length of the claim in ms  3 most asked in a day  4 most asked in a day when it was wanted soon
-- Returns {'claimed', day, asked}, {'wait', ms}, or {'missing'} when this run of the server has not been told what the ledger knows.
-- Invariant: never more than the most in a day in Shanghai, whoever asks; a claim that nobody settles is free again when it ends.
local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or 'unknown'
if redis.call('HGET', KEYS[1], 'loaded') ~= run_id then return { 'missing' } end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local since_midnight = (now + 28800000) % 86400000
local day = math.floor((now + 28800000) / 86400000)
local state = redis.call('HMGET', KEYS[1], 'day', 'asked', 'not_before', 'due:' .. ARGV[1], 'soon:' .. ARGV[1])
local asked = tonumber(state[1] or '-1') == day and tonumber(state[2] or '0') or 0
local not_before, due = tonumber(state[3] or '0'), tonumber(state[4] or '0')
-- Nothing is ever put off for longer than two days: else the clock was set back.
if not_before > now and not_before < now + 172800000 then return { 'wait', not_before - now } end
if due > now and due < now + 172800000 then return { 'wait', due - now } end
local most = tonumber(state[5] and ARGV[4] or ARGV[3])
if asked >= most then return { 'wait', 86400000 - since_midnight } end
redis.call('HSET', KEYS[1], 'day', day, 'asked', asked + 1, 'due:' .. ARGV[1], string.format('%.0f', now + ARGV[2]))
redis.call('HDEL', KEYS[1], 'soon:' .. ARGV[1])
return { 'claimed', day, asked + 1 }
