-- snapshot reads the whole state of a showtime at one position. It writes nothing.
-- KEYS 1 seatmeta, 2 seatlockexp, 3 seatstream (unused), 4.. booked keys of the seat map
-- Returns UNINIT | OK epoch seq cursor now {member score …} {fact of each member's seat} {marker or false for each seat}
local clock = redis.call('TIME')
local now = string.format('%.0f', clock[1] * 1000 + (clock[2] - clock[2] % 1000) / 1000)
local head = redis.call('HMGET', KEYS[1], 'epoch', 'seq', 'last')
if not head[1] then return { 'UNINIT' } end
local holds = redis.call('ZRANGE', KEYS[2], 0, -1, 'WITHSCORES')
local facts = {}
if #holds > 0 then
  local fields = {}
  for i = 1, #holds, 2 do fields[#fields + 1] = '@' .. string.match(holds[i], '^[^|]*') end
  facts = redis.call('HMGET', KEYS[1], unpack(fields))
end
local markers = {}
for i = 4, #KEYS, 4000 do
  for _, m in ipairs(redis.call('MGET', unpack(KEYS, i, math.min(i + 3999, #KEYS)))) do markers[#markers + 1] = m end
end
return { 'OK', head[1], head[2], head[3], now, holds, facts, markers }
