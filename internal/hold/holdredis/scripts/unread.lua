-- unread tells whether the record has something to do here: events to read, to acknowledge or to trim.
-- Returns 1 or 0
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local group = record()
if not group then return 0 end
if group['pending'] > 0 or redis.call('XLEN', KEYS[1]) > 1 then return 1 end
local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
if newest and later(newest[1], group['last-delivered-id']) then return 1 end
return 0
