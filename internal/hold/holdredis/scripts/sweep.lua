-- sweep ends at most 64 due holds and sets the expiry of the showtime's keys.
-- ARGV 6 expiry of the showtime's keys (Unix ms), 7 recount 0|1
-- Returns OK swept next (0: nothing is held)
if not epoch then return reply('UNINIT') end
preserve(ARGV[6])
if ARGV[7] == '1' then
  local counts, known, drop = {}, {}, {}
  for _, member in ipairs(redis.call('ZRANGE', DUE, 0, -1)) do
    local owner = string.match(member, '^[^|]*|([^|]*)|')
    counts[owner] = (counts[owner] or 0) + 1
  end
  for _, field in ipairs(redis.call('HKEYS', META)) do
    if string.sub(field, 1, 1) == '#' then known[#known + 1] = field end
  end
  for i = 1, #known, 4000 do
    local values = redis.call('HMGET', META, unpack(known, i, math.min(i + 3999, #known)))
    for k, value in ipairs(values) do
      local field = known[i + k - 1]
      local owner = string.sub(field, 2)
      if not counts[owner] then drop[#drop + 1] = field end
      if counts[owner] == tonumber(value) then counts[owner] = nil end
    end
  end
  for owner, held in pairs(counts) do
    write[#write + 1] = '#' .. owner
    write[#write + 1] = held
  end
  for i = 1, #drop, 4000 do redis.call('HDEL', META, unpack(drop, i, math.min(i + 3999, #drop))) end
end
local next_ = redis.call('ZRANGE', DUE, 0, 0, 'WITHSCORES')
return reply('OK', swept, next_[2] or '0')
