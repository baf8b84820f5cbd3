-- lock takes seats, all or nothing.
-- KEYS 4.. lock keys of the seats, then their booked keys
-- ARGV 6 owner, 7 request, 8 ttl ms, 9 max seats, 10 max hold ms, 11.. seats
-- Returns OK deadline limit owned {seats that changed} | CONFLICT {seat reason …} | LIMIT owned | HOLD_LIMIT {seats}
local owner, rid, ttl, max, maxHold = ARGV[6], ARGV[7], tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
local n, mine = (#KEYS - 3) / 2, ARGV[6] .. ':' .. ARGV[7]
local values = redis.call('MGET', unpack(KEYS, 4))
if swept > 0 then head = redis.call('HMGET', META, 'epoch', 'seq', 'last', unpack(wanted)) end
local owned = tonumber(head[4] or '0')
local conflicts, joined, firsts, keptMembers, stale = {}, {}, {}, {}, {}
local fresh, first, joinFirst = 0, math.huge, math.huge
for i = 1, n do
  local seat, value = ARGV[10 + i], values[i]
  local fOwner, fFirst, fLost, fBooking = parse(head[4 + i])
  local reason
  if values[n + i] then
    reason = 'booked'
  elseif value and ownerOf(value) ~= owner then
    reason = 'held'
  elseif value and fOwner == owner and fLost == 0 and fBooking ~= '' then
    reason = 'reserved'
  end
  if reason then
    conflicts[#conflicts + 1] = seat
    conflicts[#conflicts + 1] = reason
  else
    local f = now
    if fOwner == owner and (fLost == 0 and value or now - fLost <= REMEMBER and fLost > 0) then f = fFirst end
    firsts[i] = f
    first = math.min(first, f)
    if value == mine then
      keptMembers[#keptMembers + 1] = seat .. '|' .. owner .. '|' .. rid
    else
      joined[#joined + 1] = i
      joinFirst = math.min(joinFirst, f)
      if value then stale[#stale + 1] = seat .. '|' .. owner .. '|' .. requestOf(value) else fresh = fresh + 1 end
    end
  end
end
if #conflicts > 0 then return reply('CONFLICT', conflicts) end
if fresh > 0 and owned + fresh > max then return reply('LIMIT', owned) end

local kept = math.huge
if #keptMembers > 0 then
  for _, score in ipairs(redis.call('ZMSCORE', DUE, unpack(keptMembers))) do
    if score then kept = math.min(kept, tonumber(score)) end
  end
end
local deadline, changed = kept, {}
if #joined > 0 then
  if deadline == math.huge then deadline = now + ttl end
  deadline = math.min(deadline, joinFirst + maxHold)
  if deadline <= now then
    local spent = {}
    for _, i in ipairs(joined) do
      if firsts[i] + maxHold <= now then spent[#spent + 1] = ARGV[10 + i] end
    end
    return reply('HOLD_LIMIT', spent)
  end
  local due = deadline .. ''
  local index, suffix = {}, '|' .. owner .. '|' .. rid
  for k, i in ipairs(joined) do
    local seat = ARGV[10 + i]
    changed[k] = seat
    redis.call('SET', KEYS[3 + i], mine, 'PXAT', due)
    index[2 * k - 1] = due
    index[2 * k] = seat .. suffix
    write[2 * k - 1] = wanted[1 + i]
    write[2 * k] = owner .. '|' .. (firsts[i] == now and nowText or firsts[i]) .. '|0|'
  end
  if #stale > 0 then remove(stale) end
  schedule(index)
  owned = owned + fresh
  write[#write + 1] = wanted[1]
  write[#write + 1] = owned
  emit('seat.locked', changed, owner, rid, ',"expires_at_ms":' .. due)
end
return reply('OK', math.min(kept, deadline), first + maxHold, owned, changed)
