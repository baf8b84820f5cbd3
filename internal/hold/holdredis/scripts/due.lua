-- The holds that are due end before the script does anything of its own, oldest first, at most 64 of them: no due hold can be jumped over.
local swept = 0
if epoch and not vacant and tonumber(dues[2]) <= now then
  local due = redis.call('ZRANGE', DUE, '-inf', now, 'BYSCORE', 'LIMIT', 0, 64, 'WITHSCORES')
  swept = #due / 2
  local seats, members, read, fields, owners, rids = {}, {}, {}, {}, {}, {}
  for i = 1, swept do
    local member = due[2 * i - 1]
    members[i] = member
    seats[i], owners[i], rids[i] = string.match(member, '^([^|]*)|([^|]*)|(.*)$')
    read[i], read[swept + i] = ARGV[3] .. seats[i], ARGV[4] .. seats[i]
    fields[i] = '@' .. seats[i]
  end
  local values = redis.call('MGET', unpack(read))
  local facts = redis.call('HMGET', META, unpack(fields))
  local gone, deltas, order, groups = {}, {}, {}, {}
  for i = 1, swept do
    local value, hold = values[i], owners[i] .. ':' .. rids[i]
    if value == hold then gone[#gone + 1] = read[i] end
    if (value == hold or not value) and not values[swept + i] then
      if not groups[hold] then
        groups[hold] = { owner = owners[i], rid = rids[i] }
        order[#order + 1] = hold
      end
      table.insert(groups[hold], seats[i])
      deltas[owners[i]] = (deltas[owners[i]] or 0) - 1
      local owner, first = parse(facts[i])
      if owner == owners[i] then
        write[#write + 1] = fields[i]
        write[#write + 1] = owner .. '|' .. first .. '|' .. due[2 * i] .. '|'
      end
    end
  end
  if #gone > 0 then redis.call('DEL', unpack(gone)) end
  remove(members)
  count(deltas)
  for _, hold in ipairs(order) do
    local g = groups[hold]
    emit('seat.timeout', g, g.owner, g.rid, '')
  end
  flush()
end
