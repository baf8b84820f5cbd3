-- hydrate initialises a showtime from its durable facts; the first caller wins.
-- KEYS 1..3 only; lock and booked keys are built from the prefixes, which share the showtime's tag
-- ARGV 6 epoch, 7 expiry of the showtime's keys, 8 expiry of the markers, 9 number of seats, then the seats;
--      then the number of reserved seats, each: seat owner request ms booking; then the markers, each: seat booking
-- Returns OK | KEPT when somebody was first
if epoch then return reply('KEPT') end
local at = 9
local function take()
  at = at + 1
  return ARGV[at]
end
local markerEnd = math.max(tonumber(ARGV[8]), now + 3600000)
redis.call('DEL', DUE)
local drop = {}
for _, field in ipairs(redis.call('HKEYS', META)) do
  local kind = string.sub(field, 1, 1)
  if kind == '#' or kind == '@' then drop[#drop + 1] = field end
end
for i = 1, #drop, 4000 do redis.call('HDEL', META, unpack(drop, i, math.min(i + 3999, #drop))) end
local seats = {}
for i = 1, tonumber(ARGV[9]) do seats[i] = ARGV[3] .. take() end
for i = 1, #seats, 4000 do redis.call('DEL', unpack(seats, i, math.min(i + 3999, #seats))) end
local reserved = {}
for i = 1, tonumber(take()) do
  reserved[i] = { seat = take(), owner = take(), rid = take(), ms = tonumber(take()), booking = take() }
end
while at < #ARGV do
  local seat, booking = take(), take()
  redis.call('SET', ARGV[4] .. seat, booking, 'PXAT', markerEnd)
end
local deltas = {}
for _, r in ipairs(reserved) do
  if redis.call('EXISTS', ARGV[4] .. r.seat) == 0 and redis.call('EXISTS', ARGV[3] .. r.seat) == 0 then
    local due = now + math.max(r.ms, 60000)
    redis.call('SET', ARGV[3] .. r.seat, r.owner .. ':' .. r.rid, 'PXAT', due)
    redis.call('ZADD', DUE, due, r.seat .. '|' .. r.owner .. '|' .. r.rid)
    redis.call('HSET', META, '@' .. r.seat, r.owner .. '|' .. nowText .. '|0|' .. r.booking)
    deltas[r.owner] = (deltas[r.owner] or 0) + 1
  end
end
count(deltas)
local newest = redis.call('XREVRANGE', STREAM, '+', '-', 'COUNT', 1)
last = newest[1] and newest[1][1] or '0-0'
seq = 0
epoch = ARGV[6]
-- A long field keeps the hash a hash table: a long listpack is searched from its beginning.
redis.call('HSET', META, 'pad', string.rep('-', 65))
emit('resync', {}, '', '', '')
-- The record reads from the first event on, however late its worker comes; a stream that was here before has the group.
redis.pcall('XGROUP', 'CREATE', STREAM, 'audit', '0', 'ENTRIESREAD', '0')
flush()
redis.call('HSET', META, 'epoch', epoch)
preserve(ARGV[7])
return reply('OK')
