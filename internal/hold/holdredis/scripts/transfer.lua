-- transfer moves unreserved holds to another owner; deadlines and first moments stay, what exceeds the cap is released.
-- KEYS 1..3 only; lock keys are built from the prefix, which shares the showtime's tag
-- ARGV 6 from, 7 to, 8 request, 9 max seats, 10.. seats; none: every seat of from
-- Returns OK {changed} {seat reason …}
local from, to, rid, max = ARGV[6], ARGV[7], ARGV[8], tonumber(ARGV[9])
local seats = {}
for i = 10, #ARGV do seats[#seats + 1] = ARGV[i] end
if #seats == 0 then
  for _, member in ipairs(redis.call('ZRANGE', DUE, 0, -1)) do
    local seat, holder = string.match(member, '^([^|]*)|([^|]*)|')
    if holder == from then seats[#seats + 1] = seat end
  end
  arrange(seats)
end
if #seats == 0 or from == to then return reply('OK', {}, {}) end
local locks, fields = {}, { '#' .. to }
for i, seat in ipairs(seats) do
  locks[i] = ARGV[3] .. seat
  fields[i + 1] = '@' .. seat
end
local values = redis.call('MGET', unpack(locks))
local facts = redis.call('HMGET', META, unpack(fields))
local room = max - tonumber(facts[1] or '0')
local changed, left, moved, over, order, groups, freed, requests = {}, {}, {}, {}, {}, {}, {}, {}
for i, seat in ipairs(seats) do
  local value = values[i]
  local fOwner, fFirst, fLost, fBooking = parse(facts[i + 1])
  local reason
  if not value then
    reason = 'missing'
  elseif ownerOf(value) ~= from then
    reason = 'not_owner'
  elseif fOwner == from and fLost == 0 and fBooking ~= '' then
    reason = 'reserved'
  end
  if reason then
    left[#left + 1] = seat
    left[#left + 1] = reason
  else
    changed[#changed + 1] = seat
    local old = seat .. '|' .. from .. '|' .. requestOf(value)
    local due = redis.call('ZSCORE', DUE, old) or nowText
    local first = fOwner == from and fFirst or now
    remove({ old })
    if room > 0 then
      room = room - 1
      redis.call('SET', locks[i], to .. ':' .. rid, 'PXAT', due)
      schedule({ due, seat .. '|' .. to .. '|' .. rid })
      write[#write + 1] = '@' .. seat
      write[#write + 1] = to .. '|' .. first .. '|0|'
      moved[#moved + 1] = seat
      if not groups[due] then
        groups[due] = {}
        order[#order + 1] = due
      end
      table.insert(groups[due], seat)
    else
      redis.call('DEL', locks[i])
      write[#write + 1] = '@' .. seat
      write[#write + 1] = from .. '|' .. first .. '|' .. nowText .. '|'
      local request = requestOf(value)
      if not freed[request] then
        freed[request] = {}
        requests[#requests + 1] = request
      end
      table.insert(freed[request], seat)
      over[#over + 1] = seat
    end
  end
end
count({ [from] = -#changed, [to] = #moved })
for _, due in ipairs(order) do emit('seat.locked', groups[due], to, rid, ',"expires_at_ms":' .. due) end
for _, request in ipairs(requests) do emit('seat.released', freed[request], from, request, '') end
return reply('OK', changed, left)
