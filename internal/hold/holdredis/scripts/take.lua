-- take gives events to the record: first those that were taken long ago and not recorded, then those that nobody took. All workers are
-- one consumer: an event goes to whoever asks first, and no names are left behind by processes that ended.
-- ARGV 1 at most so many of each, 2 ms after which a taken event counts as abandoned
-- Returns {events that are gone unread} {entry …} {entry …}
if redis.call('EXISTS', KEYS[1]) == 0 then return { 0, {}, {} } end
local group = record()
if not group then
  redis.call('XGROUP', 'CREATE', KEYS[1], 'audit', '0', 'ENTRIESREAD', '0')
  group = record()
end
local stream = pairsOf(redis.call('XINFO', 'STREAM', KEYS[1]))
-- Entries leave at the old end alone: what was added, is not there and was not read was dropped unread.
local gone = stream['entries-added'] - stream['length']
local lost = math.max(0, gone - (group['entries-read'] or gone))
local claimed = redis.call('XAUTOCLAIM', KEYS[1], 'audit', 'audit', ARGV[2], '0-0', 'COUNT', ARGV[1])
local read = redis.call('XREADGROUP', 'GROUP', 'audit', 'audit', 'COUNT', ARGV[1], 'STREAMS', KEYS[1], '>')
local new = read and read[1] and read[1][2] or {}
if lost > 0 and #new > 0 then -- Redis counts on from before the hole; nothing that is there had been read
  redis.call('XGROUP', 'SETID', KEYS[1], 'audit', new[#new][1], 'ENTRIESREAD', gone + #new)
end
return { lost + #(claimed[3] or {}), claimed[2], new }
