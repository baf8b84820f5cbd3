-- snapshot reads the whole state of a showtime at one position. It writes nothing.
-- KEYS 1 seatmeta, 2 seatlockexp, 3 seatstream (unused), 4.. booked keys of the seat map
-- Returns UNINIT | OK epoch seq cursor now {member score …} {seat fact …} of the reserved seats {place booking …} of the sold seats
local clock = redis.call('TIME')
local now = clock[1] * 1000 + (clock[2] - clock[2] % 1000) / 1000
local all = redis.call('HGETALL', KEYS[1])
local epoch, seq, last
local reserved = {}
for i = 1, #all, 2 do
  local field, value = all[i], all[i + 1]
  local kind = string.byte(field)
  if kind == 64 then -- @: a fact that ends in | has no booking
    if string.byte(value, -1) ~= 124 then
      reserved[#reserved + 1] = string.sub(field, 2)
      reserved[#reserved + 1] = value
    end
  elseif field == 'epoch' then
    epoch = value
  elseif field == 'seq' then
    seq = tonumber(value)
  elseif field == 'last' then
    last = value
  end
end
if not epoch then return { 'UNINIT' } end
local sold = {}
for i = 4, #KEYS, 4000 do
  for k, booking in ipairs(redis.call('MGET', unpack(KEYS, i, math.min(i + 3999, #KEYS)))) do
    if booking then
      sold[#sold + 1] = (i + k - 5) .. ''
      sold[#sold + 1] = booking
    end
  end
end
return { 'OK', epoch, seq, last, now, redis.call('ZRANGE', KEYS[2], 0, -1, 'WITHSCORES'), reserved, sold }
