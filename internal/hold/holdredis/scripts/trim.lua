-- trim drops events that are recorded and older than the window in which readers may resume. The newest event stays in any case: it is
-- everybody's cursor.
-- ARGV 1 window in ms
-- Returns how many were dropped
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
if not newest then return 0 end
local clock = redis.call('TIME')
local minimum = string.format('%.0f-0', math.max(0, clock[1] * 1000 - ARGV[1]))
local function atMost(id)
  if later(minimum, id) then minimum = id end
end
atMost(newest[1])
local group = record()
if group then
  atMost(group['last-delivered-id'])
  local pending = redis.call('XPENDING', KEYS[1], 'audit')
  if pending[2] then atMost(pending[2]) end
end
return redis.call('XTRIM', KEYS[1], 'MINID', minimum)
