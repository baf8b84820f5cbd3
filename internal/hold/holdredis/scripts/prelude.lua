-- Every writing script begins with this text. It ends the holds that are due, in the order of their deadlines, before the script does
-- anything of its own, so that no due hold can be jumped over.
-- KEYS 1 seatmeta, 2 seatlockexp, 3 seatstream, then as the script says
-- ARGV 1 channel, 2 PUBLISH or SPUBLISH, 3 prefix of lock keys, 4 prefix of booked keys, 5 showtime, then as the script says
-- Returns UNINIT when the showtime is unknown, AGAIN when 64 holds were ended and more may be due: nothing else was done.
local META, DUE, STREAM = KEYS[1], KEYS[2], KEYS[3]
local REMEMBER = 120000 -- ms that a first moment outlives its hold
local clock = redis.call('TIME')
local now = clock[1] * 1000 + (clock[2] - clock[2] % 1000) / 1000

local function int(n) return string.format('%.0f', n) end
local nowText = int(now)

-- A seat's fact is owner|first ms|lost ms|booking; lost 0 means that the owner holds it now.
local function parse(fact)
  if not fact then return '', 0, 1, '' end
  local owner, first, lost, booking = string.match(fact, '^([^|]*)|(%d+)|(%d+)|(.*)$')
  return owner, tonumber(first), tonumber(lost), booking
end

-- The owner of a lock value owner:request.
local function ownerOf(value) return string.match(value, '^[^:]*') end
local function requestOf(value) return string.match(value, ':(.*)$') end

local epoch, seq, last
local function emit(kind, seats, owner, rid, tail)
  seq = seq + 1
  local s = int(seq)
  local names = ''
  if #seats > 0 then names = '"' .. table.concat(seats, '","') .. '"' end
  local e = '{"type":"' .. kind .. '","showtime_id":"' .. ARGV[5] .. '","seat_ids":[' .. names .. '],"owner":"' .. owner ..
    '","request_id":"' .. rid .. '","epoch":"' .. epoch .. '","seq":' .. s .. ',"at":' .. clock[1] .. ',"at_ms":' .. nowText .. tail
  local id = redis.call('XADD', STREAM, 'MAXLEN', '~', '100000', '*', 's', s, 'e', e .. ',"prev":"' .. last .. '"}')
  redis.call('HSET', META, 'seq', s, 'last', id)
  redis.call(ARGV[2], ARGV[1], e .. ',"cursor":"' .. id .. '","prev":"' .. last .. '","id":"' .. epoch .. '-' .. id .. '"}')
  last = id
end

local function evictedTail(evicted)
  if #evicted == 0 then return '' end
  return ',"evicted":[' .. table.concat(evicted, ',') .. ']'
end

local function eviction(seat, value)
  return '{"seat_id":"' .. seat .. '","owner":"' .. ownerOf(value) .. '","request_id":"' .. requestOf(value) .. '"}'
end

-- arrange puts seats into the order of their rows and numbers, as the house counts them.
local function arrange(seats)
  local row, number = {}, {}
  for _, seat in ipairs(seats) do
    local r, n = string.match(seat, '^(%a+)(%d+)$')
    row[seat], number[seat] = r, tonumber(n)
  end
  table.sort(seats, function(a, b)
    if row[a] ~= row[b] then return #row[a] < #row[b] or #row[a] == #row[b] and row[a] < row[b] end
    return number[a] < number[b]
  end)
end

-- Owners' counters change once per owner and script.
local function count(deltas)
  for owner, delta in pairs(deltas) do
    if delta ~= 0 and redis.call('HINCRBY', META, '#' .. owner, delta) <= 0 then redis.call('HDEL', META, '#' .. owner) end
  end
end

-- schedule puts holds (deadline, member, …) into the index. An index that this makes anew, the last hold having left it, gets the expiry
-- of the showtime's other keys: no key is without one for as long as it takes the next sweep to come by.
local function schedule(index)
  if redis.call('ZADD', DUE, unpack(index)) == redis.call('ZCARD', DUE) then
    local keep = redis.call('PEXPIRETIME', META)
    if keep > 0 then redis.call('PEXPIREAT', DUE, int(keep)) end
  end
end

-- preserve sets the expiry of the showtime's keys where it is another: a visit that finds everything in order writes nothing.
local function preserve(keep)
  for i = 1, 3 do
    local ends = redis.call('PEXPIRETIME', KEYS[i])
    if ends ~= -2 and int(ends) ~= keep then redis.call('PEXPIREAT', KEYS[i], keep) end
  end
end

-- sweep ends due holds and returns how many were taken from the index.
local function sweep()
  local due = redis.call('ZRANGE', DUE, '-inf', nowText, 'BYSCORE', 'LIMIT', 0, 64, 'WITHSCORES')
  local n = #due / 2
  if n == 0 then return 0 end
  local seats, members, read, fields, owners, rids = {}, {}, {}, {}, {}, {}
  for i = 1, n do
    local member = due[2 * i - 1]
    members[i] = member
    seats[i], owners[i], rids[i] = string.match(member, '^([^|]*)|([^|]*)|(.*)$')
    read[i], read[n + i] = ARGV[3] .. seats[i], ARGV[4] .. seats[i]
    fields[i] = '@' .. seats[i]
  end
  local values = redis.call('MGET', unpack(read))
  local facts = redis.call('HMGET', META, unpack(fields))
  local gone, deltas, write, order, groups = {}, {}, {}, {}, {}
  for i = 1, n do
    local value, hold = values[i], owners[i] .. ':' .. rids[i]
    if value == hold then gone[#gone + 1] = read[i] end
    if (value == hold or not value) and not values[n + i] then
      if not groups[hold] then
        groups[hold] = { owner = owners[i], rid = rids[i] }
        order[#order + 1] = hold
      end
      table.insert(groups[hold], seats[i])
      deltas[owners[i]] = (deltas[owners[i]] or 0) - 1
      local owner, first = parse(facts[i])
      if owner == owners[i] then
        write[#write + 1] = fields[i]
        write[#write + 1] = owner .. '|' .. int(first) .. '|' .. due[2 * i] .. '|'
      end
    end
  end
  if #gone > 0 then redis.call('DEL', unpack(gone)) end
  redis.call('ZREM', DUE, unpack(members))
  if #write > 0 then redis.call('HSET', META, unpack(write)) end
  count(deltas)
  for _, hold in ipairs(order) do
    local g = groups[hold]
    emit('seat.timeout', g, g.owner, g.rid, '')
  end
  return n
end

local head = redis.call('HMGET', META, 'epoch', 'seq', 'last')
epoch, seq, last = head[1], tonumber(head[2] or '0'), head[3] or '0-0'

-- reply begins every answer.
local function reply(status, ...) return { status, epoch or '', int(seq), last, nowText, ... } end
