-- Every script that writes a showtime begins with this text, after one that says which facts of seatmeta it wants at once: wanted.
-- KEYS 1 seatmeta, 2 seatlockexp, 3 seatstream, then as the script says
-- ARGV 1 channel, 2 PUBLISH or SPUBLISH, 3 prefix of lock keys, 4 prefix of booked keys, 5 showtime, then as the script says
-- Numbers are below 10^14, which Lua and Redis write as they are.
local META, DUE, STREAM = KEYS[1], KEYS[2], KEYS[3]
local REMEMBER = 120000 -- ms that a first moment outlives its hold
local clock = redis.call('TIME')
local now = clock[1] * 1000 + (clock[2] - clock[2] % 1000) / 1000
local nowText = now .. ''

local head = redis.call('HMGET', META, 'epoch', 'seq', 'last', unpack(wanted))
local epoch, seq, last = head[1], tonumber(head[2] or '0'), head[3] or '0-0'

-- A seat's fact is owner|first ms|lost ms|booking; lost 0 means that the owner holds it now.
local function parse(fact)
  if not fact then return '', 0, 1, '' end
  local owner, first, lost, booking = string.match(fact, '^([^|]*)|(%d+)|(%d+)|(.*)$')
  return owner, tonumber(first), tonumber(lost), booking
end

-- A lock's value is owner:request.
local function ownerOf(value) return string.match(value, '^[^:]*') end
local function requestOf(value) return string.match(value, ':(.*)$') end

-- write collects fields of seatmeta, told the messages: flush writes the first in one command, with seq and last, and then sends the others.
-- The order of a change is therefore locks, index, stream, facts and numbers, message: every prefix of it can be mended.
local write, told = {}, {}
local function flush()
  if #told > 0 then
    write[#write + 1] = 'seq'
    write[#write + 1] = seq
    write[#write + 1] = 'last'
    write[#write + 1] = last
  end
  for i = 1, #write, 4000 do redis.call('HSET', META, unpack(write, i, math.min(i + 3999, #write))) end
  for _, message in ipairs(told) do redis.call(ARGV[2], ARGV[1], message) end
  write, told = {}, {}
end

-- emit numbers and records an event; the script's answer sends it.
local function emit(kind, seats, owner, rid, tail)
  seq = seq + 1
  local names = ''
  if #seats > 0 then names = '"' .. table.concat(seats, '","') .. '"' end
  local e = '{"type":"' .. kind .. '","showtime_id":"' .. ARGV[5] .. '","seat_ids":[' .. names .. '],"owner":"' .. owner ..
    '","request_id":"' .. rid .. '","epoch":"' .. epoch .. '","seq":' .. seq .. ',"at":' .. clock[1] .. ',"at_ms":' .. nowText .. tail ..
    ',"prev":"' .. last .. '"'
  local id = redis.call('XADD', STREAM, 'MAXLEN', '~', '100000', '*', 's', seq, 'e', e .. '}')
  told[#told + 1] = e .. ',"cursor":"' .. id .. '","id":"' .. epoch .. '-' .. id .. '"}'
  last = id
end

-- reply begins every answer.
local function reply(status, ...)
  flush()
  return { status, epoch or '', seq, last, now, ... }
end
