-- extend prolongs a hold.
-- KEYS 4.. lock keys of the seats, then their booked keys; none: every seat of the hold (modes more and strict)
-- ARGV 6 owner, 7 request, 8 ms, 9 max hold ms, 10 mode more|strict|durable, 11 booking (durable), 12.. seats
-- Returns OK deadline limit {changed} {seat reason booking …} {seat owner request …} | REFUSED {seat reason …} | HOLD_LIMIT {seats}
local owner, rid, by, maxHold, mode, booking = ARGV[6], ARGV[7], tonumber(ARGV[8]), tonumber(ARGV[9]), ARGV[10], ARGV[11]
local mine, suffix = owner .. ':' .. rid, '|' .. owner .. '|' .. rid
local seats, locks, marks = {}, {}, {}
for i = 12, #ARGV do seats[#seats + 1] = ARGV[i] end
if #seats == 0 then
  for _, member in ipairs(redis.call('ZRANGE', DUE, 0, -1)) do
    if string.sub(member, -#suffix) == suffix then seats[#seats + 1] = string.match(member, '^[^|]*') end
  end
  arrange(seats)
end
local n = #seats
if n == 0 then return reply('REFUSED', {}) end
local fields, members = {}, {}
for i, seat in ipairs(seats) do
  locks[i], marks[i] = ARGV[3] .. seat, ARGV[4] .. seat
  fields[i], members[i] = '@' .. seat, seat .. suffix
end
local values = redis.call('MGET', unpack(locks))
local booked = redis.call('MGET', unpack(marks))
local facts = redis.call('HMGET', META, unpack(fields))
local scores = redis.call('ZMSCORE', DUE, unpack(members))

-- write sets the new deadline of the seats at the given places.
local function prolong(places, target, reserved)
  local due, index, names = target .. '', {}, {}
  for k, p in ipairs(places) do
    names[k] = seats[p.at]
    redis.call('SET', locks[p.at], mine, 'PXAT', due)
    index[#index + 1] = due
    index[#index + 1] = members[p.at]
    write[#write + 1] = fields[p.at]
    write[#write + 1] = owner .. '|' .. p.first .. '|0|' .. reserved
  end
  if #names > 0 then schedule(index) end
  return names
end

if mode ~= 'durable' then
  local refused = {}
  for i = 1, n do
    local reason
    if booked[i] then
      reason = 'booked'
    elseif not values[i] then
      reason = 'missing_lock'
    elseif values[i] ~= mine then
      reason = 'not_owner'
    end
    if reason then
      refused[#refused + 1] = seats[i]
      refused[#refused + 1] = reason
    end
  end
  if #refused > 0 then return reply('REFUSED', refused) end
  local earliest, first, firsts, bookings = math.huge, math.huge, {}, {}
  for i = 1, n do
    local _, f, _, b = parse(facts[i])
    firsts[i], bookings[i] = f, b
    first = math.min(first, f)
    earliest = math.min(earliest, tonumber(scores[i] or nowText))
  end
  local limit = first + maxHold
  local target = math.min((mode == 'more' and earliest or now) + by, limit)
  if mode == 'more' and target <= earliest then
    local spent = {}
    for i = 1, n do
      if firsts[i] + maxHold <= earliest then spent[#spent + 1] = seats[i] end
    end
    return reply('HOLD_LIMIT', spent)
  end
  local changed = {}
  for i = 1, n do
    if tonumber(scores[i] or nowText) < target then
      changed[#changed + 1] = prolong({ { at = i, first = firsts[i] } }, target, bookings[i])[1]
    end
  end
  if #changed > 0 then emit('seat.locked', changed, owner, rid, ',"expires_at_ms":' .. target) end
  return reply('OK', math.max(earliest, target), limit, changed, {}, {})
end

local target = now + math.max(by, 60000)
local left, evicted, evictedText, grown, stale, deltas = {}, {}, {}, {}, {}, {}
local earliest = math.huge
for i = 1, n do
  if booked[i] then
    left[#left + 1] = seats[i]
    left[#left + 1] = 'booked'
    left[#left + 1] = booked[i]
  else
    local value = values[i]
    local fOwner, fFirst, fLost, fBooking = parse(facts[i])
    local f = now
    if fOwner == owner and (fLost == 0 and value and ownerOf(value) == owner or fLost > 0 and now - fLost <= REMEMBER) then f = fFirst end
    if value and value ~= mine then
      evicted[#evicted + 1] = seats[i]
      evicted[#evicted + 1] = ownerOf(value)
      evicted[#evicted + 1] = requestOf(value)
      evictedText[#evictedText + 1] = eviction(seats[i], value)
      stale[#stale + 1] = seats[i] .. '|' .. ownerOf(value) .. '|' .. requestOf(value)
      deltas[ownerOf(value)] = (deltas[ownerOf(value)] or 0) - 1
      value = nil
    end
    local score = value and tonumber(scores[i] or '0') or 0
    if score < target then
      if not value then deltas[owner] = (deltas[owner] or 0) + 1 end
      grown[#grown + 1] = { at = i, first = f }
      earliest = math.min(earliest, target)
    else
      earliest = math.min(earliest, score)
      if fBooking ~= booking then
        write[#write + 1] = fields[i]
        write[#write + 1] = owner .. '|' .. f .. '|0|' .. booking
      end
    end
  end
end
if #stale > 0 then remove(stale) end
local changed = prolong(grown, target, booking)
count(deltas)
if #changed > 0 then
  emit('seat.locked', changed, owner, rid, ',"booking_id":"' .. booking .. '","expires_at_ms":' .. target .. evictedTail(evictedText))
end
return reply('OK', earliest == math.huge and 0 or earliest, 0, changed, left, evicted)
