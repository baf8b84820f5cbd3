-- confirm marks seats sold after the store has said BOOKED.
-- KEYS 4.. lock keys of the seats, then their booked keys
-- ARGV 6 owner, 7 request, 8 booking, 9 expiry of the markers (Unix ms, 0 never), 10.. seats
-- Returns OK repaired {changed} {seat owner request …}
local owner, rid, booking, expires = ARGV[6], ARGV[7], ARGV[8], tonumber(ARGV[9])
local n, mine = (#KEYS - 3) / 2, ARGV[6] .. ':' .. ARGV[7]
local fields = {}
for i = 1, n do fields[i] = '@' .. ARGV[9 + i] end
local values = redis.call('MGET', unpack(KEYS, 4))
local facts = redis.call('HMGET', META, unpack(fields))
local changed, evicted, evictedText, gone, stale, deltas = {}, {}, {}, {}, {}, {}
local repaired = 0
if expires > 0 then expires = math.max(expires, now + 3600000) end
for i = 1, n do
  local seat, value, marker = ARGV[9 + i], values[i], values[n + i]
  if marker ~= booking then
    if marker then repaired = repaired + 1 end
    if expires > 0 then
      redis.call('SET', KEYS[3 + n + i], booking, 'PXAT', expires)
    else
      redis.call('SET', KEYS[3 + n + i], booking)
    end
    changed[#changed + 1] = seat
    if value then
      local holder = ownerOf(value)
      if value ~= mine then
        evicted[#evicted + 1] = seat
        evicted[#evicted + 1] = holder
        evicted[#evicted + 1] = requestOf(value)
        evictedText[#evictedText + 1] = eviction(seat, value)
      end
      gone[#gone + 1] = KEYS[3 + i]
      stale[#stale + 1] = seat .. '|' .. holder .. '|' .. requestOf(value)
      deltas[holder] = (deltas[holder] or 0) - 1
      local fOwner, fFirst = parse(facts[i])
      write[#write + 1] = fields[i]
      write[#write + 1] = holder .. '|' .. (fOwner == holder and fFirst or now) .. '|' .. nowText .. '|'
    end
  end
end
if #gone > 0 then
  redis.call('DEL', unpack(gone))
  remove(stale)
  count(deltas)
end
if #changed > 0 then emit('seat.booked', changed, owner, rid, ',"booking_id":"' .. booking .. '"' .. evictedTail(evictedText)) end
return reply('OK', repaired, changed, evicted)
