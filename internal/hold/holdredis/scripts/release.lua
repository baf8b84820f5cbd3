-- release frees the owner's seats among those named, one event per request.
-- KEYS 4.. lock keys of the seats
-- ARGV 6 owner, 7 request or empty, 8.. seats
-- Returns OK {changed} {seat reason …}
local owner, rid = ARGV[6], ARGV[7]
local n = #KEYS - 3
if n == 0 then return reply('OK', {}, {}) end
local fields = {}
for i = 1, n do fields[i] = '@' .. ARGV[7 + i] end
local values = redis.call('MGET', unpack(KEYS, 4))
local facts = redis.call('HMGET', META, unpack(fields))
local changed, left, gone, stale, order, groups = {}, {}, {}, {}, {}, {}
for i = 1, n do
  local seat, value = ARGV[7 + i], values[i]
  local fOwner, fFirst, fLost, fBooking = parse(facts[i])
  local reason
  if not value then
    reason = 'missing'
  elseif ownerOf(value) ~= owner or rid ~= '' and requestOf(value) ~= rid then
    reason = 'not_owner'
  elseif fOwner == owner and fLost == 0 and fBooking ~= '' then
    reason = 'reserved'
  end
  if reason then
    left[#left + 1] = seat
    left[#left + 1] = reason
  else
    local request = requestOf(value)
    changed[#changed + 1] = seat
    gone[#gone + 1] = KEYS[3 + i]
    stale[#stale + 1] = seat .. '|' .. owner .. '|' .. request
    write[#write + 1] = fields[i]
    write[#write + 1] = owner .. '|' .. (fOwner == owner and fFirst or now) .. '|' .. nowText .. '|'
    if not groups[request] then
      groups[request] = {}
      order[#order + 1] = request
    end
    table.insert(groups[request], seat)
  end
end
if #changed > 0 then
  redis.call('DEL', unpack(gone))
  remove(stale)
  count({ [owner] = -#changed })
  for _, request in ipairs(order) do emit('seat.released', groups[request], owner, request, '') end
end
return reply('OK', changed, left)
