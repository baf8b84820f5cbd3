-- take gives events to the record: first those that were taken long ago and not recorded, then those that nobody took. All workers are
-- one consumer: an event goes to whoever asks first, and no names are left behind by processes that ended.
-- ARGV 1 at most so many of each, 2 ms after which a taken event counts as abandoned
-- Returns {events that are gone unread} {entry …} {entry …}
if redis.call('EXISTS', KEYS[1]) == 0 then return { 0, {}, {} } end
local group = record()
if not group then
  redis.call('XGROUP', 'CREATE', KEYS[1], 'audit', '0')
  group = record()
end
local stream = pairsOf(redis.call('XINFO', 'STREAM', KEYS[1]))
local lost = 0
if later(stream['max-deleted-entry-id'], group['last-delivered-id']) then
  lost = 1
  if group['entries-read'] then lost = math.max(1, stream['entries-added'] - stream['length'] - group['entries-read']) end
end
local claimed = redis.call('XAUTOCLAIM', KEYS[1], 'audit', 'audit', ARGV[2], '0-0', 'COUNT', ARGV[1])
lost = lost + #(claimed[3] or {})
local new = redis.call('XREADGROUP', 'GROUP', 'audit', 'audit', 'COUNT', ARGV[1], 'STREAMS', KEYS[1], '>')
return { lost, claimed[2], new and new[1] and new[1][2] or {} }
