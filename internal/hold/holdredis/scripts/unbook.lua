-- unbook removes what belongs to an ended booking: its markers, and the locks that are reserved for it.
-- KEYS 4.. lock keys of the seats, then their booked keys
-- ARGV 6 booking, 7 owner, 8 request, 9.. seats
-- Returns OK {changed}
local booking, owner, rid = ARGV[6], ARGV[7], ARGV[8]
local n = (#KEYS - 3) / 2
local fields = {}
for i = 1, n do fields[i] = '@' .. ARGV[8 + i] end
local values = redis.call('MGET', unpack(KEYS, 4))
local facts = redis.call('HMGET', META, unpack(fields))
local changed, gone, stale, deltas = {}, {}, {}, {}
for i = 1, n do
  local seat, value = ARGV[8 + i], values[i]
  local fOwner, fFirst, fLost, fBooking = parse(facts[i])
  local touched = false
  if values[n + i] == booking then
    gone[#gone + 1] = KEYS[3 + n + i]
    touched = true
  end
  if value and fLost == 0 and fBooking == booking and ownerOf(value) == fOwner then
    gone[#gone + 1] = KEYS[3 + i]
    stale[#stale + 1] = seat .. '|' .. fOwner .. '|' .. requestOf(value)
    write[#write + 1] = fields[i]
    write[#write + 1] = fOwner .. '|' .. fFirst .. '|' .. nowText .. '|'
    deltas[fOwner] = (deltas[fOwner] or 0) - 1
    touched = true
  end
  if touched then changed[#changed + 1] = seat end
end
if #gone > 0 then redis.call('DEL', unpack(gone)) end
if #stale > 0 then
  remove(stale)
  count(deltas)
end
if #changed > 0 then emit('seat.released', changed, owner, rid, ',"booking_id":"' .. booking .. '"') end
return reply('OK', changed)
