-- retire takes a showtime off the index of those with holds, once its horizon has passed.
-- KEYS 1 bucket
-- ARGV 1 showtime
-- Returns 1 when it is off, else 0
local horizon = redis.call('ZSCORE', KEYS[1], ARGV[1])
local clock = redis.call('TIME')
if horizon and tonumber(horizon) > clock[1] * 1000 then return 0 end
redis.call('ZREM', KEYS[1], ARGV[1])
return 1
